using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;

namespace Plenum.Marathon.Tests.Core;

public sealed class RollingUpgradeTests
{
    private static readonly PathId Web = PathId.Parse("/web");

    [Fact]
    public void One_by_one_when_nothing_may_be_missing_and_nothing_be_too_much()
    {
        var cluster = Upgrading(3, new UpgradeStrategy(1, 0));
        for (var replaced = 1; replaced <= 3; replaced++)
        {
            var task = cluster.GiveOffers(cluster.Offer()).ShouldHaveSingleItem();
            cluster.Calls.ShouldNotContain(call => call.Type == Protocol.V1.Scheduler.Call.Types.Type.Kill);
            cluster.Report(task.TaskId.Value, TaskState.TaskRunning);
            cluster.EndKilled().ShouldBe(1);
        }

        cluster.State.Deployments.ShouldBeEmpty();
        cluster.Instances().Count.ShouldBe(3);
    }

    [Fact]
    public void An_old_instance_that_dies_by_itself_is_not_started_again_in_its_old_version()
    {
        var cluster = Upgrading(2, new UpgradeStrategy(1, 0));
        var old = cluster.Instances().First(instance => instance.Condition == Condition.Running);
        cluster.Report(old.TaskId, TaskState.TaskFailed);
        var launched = cluster.GiveOffers(cluster.Offer());
        launched.ShouldNotBeEmpty();
        cluster.Instances().ShouldNotContain(instance => instance.Id == old.Id);
        launched.ForEach(task => cluster.Report(task.TaskId.Value, TaskState.TaskRunning));
        DeploymentTests.Finish(cluster);
        cluster.Instances().ShouldAllBe(instance => instance.IsCurrent(cluster.State.Root.FindApp(Web)!));
    }

    [Fact]
    public void With_health_checks_an_old_one_goes_only_when_a_new_one_is_healthy()
    {
        var cluster = CoreHarness.Connected();
        var app = CoreHarness.App() with
        {
            UpgradeStrategy = new UpgradeStrategy(1, 1),
            HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.Command, Command = "true" }],
        };
        cluster.Put(app);
        var first = cluster.RunAll().Single();
        cluster.Report(first.TaskId.Value, TaskState.TaskRunning, healthy: true);
        cluster.State.Deployments.ShouldBeEmpty();

        cluster.Change("/web", current => current with { Cmd = "sleep 2" });
        var second = cluster.RunAll().Single();
        cluster.EndKilled().ShouldBe(0);
        cluster.Report(second.TaskId.Value, TaskState.TaskRunning, healthy: false);
        cluster.EndKilled().ShouldBe(0);
        cluster.Report(second.TaskId.Value, TaskState.TaskRunning, healthy: true);
        cluster.EndKilled().ShouldBe(1);
        cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void A_restart_of_the_orchestrator_does_not_take_healthy_instances_for_sick_ones()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App(instances: 3) with
        {
            UpgradeStrategy = new UpgradeStrategy(1, 0),
            PortDefinitions = [new PortDefinition(0)],
            HealthChecks = [new HealthCheck { IntervalSeconds = 1 }],
        });
        cluster.RunAll();
        Answer(cluster, 200);
        cluster.State.Deployments.ShouldBeEmpty();
        cluster.Change("/web", app => app with { Cmd = "sleep 2" });

        cluster.Calls.Clear();
        cluster.Restart();

        cluster.EndKilled().ShouldBe(0);
        cluster.State.Deployments.Length.ShouldBe(1);
        for (var turn = 0; turn < 20 && !cluster.State.Deployments.IsEmpty; turn++)
        {
            cluster.RunAll();
            Answer(cluster, 200);
            cluster.EndKilled().ShouldBeLessThanOrEqualTo(1);
        }

        cluster.State.Deployments.ShouldBeEmpty();
        cluster.Instances().Count.ShouldBe(3);
    }

    [Fact]
    public void Readiness_gates_a_deployment_until_the_service_said_so_once()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App() with
        {
            PortDefinitions = [new PortDefinition(0) { Name = "http-api" }],
            ReadinessChecks = [new ReadinessCheck { PreserveLastResponse = true, IntervalSeconds = 30 }],
        });
        var task = cluster.RunAll().Single();
        cluster.Pass(0);
        var probe = cluster.Probes.ShouldHaveSingleItem("asked as soon as the task runs");
        probe.Port.ShouldBe((int)task.Resources.Single(resource => resource.Name == "ports").Ranges.Range[0].Begin);
        cluster.Probed(probe, new ProbeOutcome { Error = "connection refused" });
        var result = cluster.State.Deployments.Single().ReadinessResults.ShouldHaveSingleItem();
        result.Ready.ShouldBeFalse();
        result.LastResponse!.Status.ShouldBe(504);

        cluster.Pass(30);
        cluster.Probed(cluster.Probes[^1], new ProbeOutcome { HttpStatus = 503 });
        cluster.State.Deployments.Length.ShouldBe(1);
        cluster.Pass(30);
        cluster.Probed(cluster.Probes[^1], new ProbeOutcome { HttpStatus = 200 });
        cluster.State.Deployments.ShouldBeEmpty();

        // Nobody asks any more outside of a deployment.
        var asked = cluster.Probes.Count;
        cluster.Pass(120);
        cluster.Probes.Count.ShouldBe(asked);
    }

    [Fact]
    public void Changing_only_the_upgrade_strategy_replaces_nothing()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App());
        cluster.RunAll();
        cluster.Change("/web", app => app with { UpgradeStrategy = new UpgradeStrategy(0.5, 0.5) })
            .ShouldBeOfType<RootUpdateResult.Deployed>().Plan.Steps.ShouldBeEmpty();
    }

    private static CoreHarness Upgrading(int instances, UpgradeStrategy strategy)
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App(instances: instances) with { UpgradeStrategy = strategy });
        cluster.RunAll();
        cluster.Change("/web", app => app with { Cmd = "sleep 2000" }).ShouldBeOfType<RootUpdateResult.Deployed>();
        return cluster;
    }

    // Time enough for one round of probes, each answered with the status.
    private static void Answer(CoreHarness cluster, int status)
    {
        cluster.Probes.Clear();
        cluster.Pass(5);
        foreach (var probe in cluster.Probes.ToList())
        {
            cluster.Probed(probe, new ProbeOutcome { HttpStatus = status });
        }
    }
}
