using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;

namespace Plenum.Marathon.Tests.Core;

public sealed class AutoRevertTests
{
    private const string Good = "sleep 1000";
    private const string Bad = "sleep 2";
    private static readonly PathId Web = PathId.Parse("/web");

    [Fact]
    public void An_update_without_progress_goes_back_and_says_why()
    {
        var cluster = Updating(2);
        var served = cluster.Instances().Where(instance => instance.Condition == Condition.Running).ToList();
        served.Count.ShouldBe(2);
        cluster.Pass(99);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.Pass(1);
        CommandOf(cluster).ShouldBe(Good);
        var failed = cluster.EventsOf<MarathonEvent.DeploymentFailed>().ShouldHaveSingleItem();
        failed.Reason.ShouldStartWith("/web made no progress for 100 s: rolled back, by deployment ");

        // Nothing of the bad version had started: taking it back is over at once, and what served goes on.
        failed.Reason.ShouldEndWith(cluster.EventsOf<MarathonEvent.DeploymentSuccess>().ShouldHaveSingleItem().Plan.Id);
        cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();
        cluster.State.Deployments.ShouldBeEmpty();
        cluster.Instances().Select(instance => instance.Id).ShouldBe(served.Select(instance => instance.Id));
        cluster.Instances().ShouldAllBe(instance => instance.IsCurrent(cluster.State.Root.FindApp(Web)!));
    }

    [Fact]
    public void Each_new_instance_that_is_healthy_gives_the_others_the_whole_time_again()
    {
        var cluster = Updating(2);
        var fresh = cluster.RunAll();
        cluster.Pass(90);
        cluster.Report(fresh[0].TaskId.Value, TaskState.TaskRunning, healthy: true);
        cluster.Pass(90);
        CommandOf(cluster).ShouldBe(Bad);

        // Sick and well again is no progress: only more than ever before is.
        cluster.Report(fresh[0].TaskId.Value, TaskState.TaskRunning, healthy: false);
        cluster.Report(fresh[0].TaskId.Value, TaskState.TaskRunning, healthy: true);
        cluster.Pass(10);
        CommandOf(cluster).ShouldBe(Good);
    }

    [Fact]
    public void What_was_ready_in_full_is_never_taken_back_however_slowly_the_old_ones_end()
    {
        var cluster = Updating(1);
        cluster.Report(cluster.RunAll().Single().TaskId.Value, TaskState.TaskRunning, healthy: true);
        cluster.CallsOf(Call.Types.Type.Kill).ShouldNotBeEmpty();
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.State.Deployments.ShouldHaveSingleItem();
        Settle(cluster);
    }

    [Fact]
    public void What_comes_back_is_not_taken_back_again_though_it_does_not_start_either()
    {
        var cluster = Updating(2, new UpgradeStrategy(0, 0), good: app => app with { UpgradeStrategy = Asking(new UpgradeStrategy(0, 0)) });
        cluster.EndKilled();
        cluster.Pass(100);
        CommandOf(cluster).ShouldBe(Good);
        cluster.EndKilled();
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Good);
        cluster.EventsOf<MarathonEvent.DeploymentFailed>().Count.ShouldBe(1);

        // Nor after a restart: that it is a rollback is stored with it.
        cluster.Restart();
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Good);
        cluster.EventsOf<MarathonEvent.DeploymentFailed>().Count.ShouldBe(1);
    }

    [Fact]
    public void Without_a_master_nothing_is_taken_back_and_afterwards_the_whole_time_passes()
    {
        var cluster = Updating(1);
        cluster.Pass(50);
        cluster.Disconnect();
        cluster.Pass(1_000);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.Connect();
        cluster.Pass(100);
        CommandOf(cluster).ShouldBe(Good);
    }

    [Fact]
    public void A_master_that_is_back_just_before_the_deadline_gives_the_whole_time_again()
    {
        var cluster = Updating(1);
        cluster.Disconnect();
        cluster.Pass(99);
        cluster.Connect();
        cluster.Pass(99);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.Pass(1);
        CommandOf(cluster).ShouldBe(Good);
    }

    [Theory]
    [InlineData(true, 300)]
    [InlineData(false, 0)]
    public void A_strategy_that_is_changed_meanwhile_counts_from_then_on(bool autoRevert, int seconds)
    {
        var cluster = Updating(1);
        cluster.Pass(50);
        cluster.Change("/web", app => app with
        {
            UpgradeStrategy = app.UpgradeStrategy with { AutoRevert = autoRevert, ProgressDeadlineSeconds = Math.Max(1, seconds) },
        });
        var update = cluster.State.Deployments.ShouldHaveSingleItem().Plan.Id;
        cluster.Pass(249);
        cluster.State.Deployments.ShouldHaveSingleItem().Plan.Id.ShouldBe(update);
        cluster.Pass(1);
        CommandOf(cluster).ShouldBe(autoRevert ? Good : Bad);
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(autoRevert ? Good : Bad);
        cluster.State.Deployments.Length.ShouldBe(autoRevert ? 0 : 1);
    }

    [Fact]
    public void A_rollback_by_request_reaches_an_app_whose_policy_was_changed_meanwhile()
    {
        var cluster = Updating(1, asks: false);
        var update = cluster.State.Deployments.Single().Plan.Id;
        cluster.Change("/web", app => app with { KillSelection = KillSelection.OldestFirst });
        cluster.Cancel(update);
        CommandOf(cluster).ShouldBe(Good);
        Settle(cluster);
    }

    [Fact]
    public void The_time_that_old_instances_take_to_end_does_not_count()
    {
        // Nothing above the count: each new one waits for an old one to go.
        var cluster = Updating(2, new UpgradeStrategy(0.5, 0));
        cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(1);
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Bad);

        // The kill was asked for many times meanwhile.
        cluster.EndKilled().ShouldBeGreaterThan(0);
        cluster.Pass(99);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.Pass(1);
        CommandOf(cluster).ShouldBe(Good);
    }

    [Fact]
    public void A_restarted_orchestrator_gives_the_whole_time_again_and_then_takes_back()
    {
        var cluster = Updating(1);
        cluster.Pass(99);
        cluster.Restart();
        cluster.Pass(99);
        CommandOf(cluster).ShouldBe(Bad);
        cluster.Pass(1);
        CommandOf(cluster).ShouldBe(Good);
    }

    [Fact]
    public void A_first_deployment_and_a_restart_wait_as_ever()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(App(Good) with { UpgradeStrategy = Asking(UpgradeStrategy.Default) });
        cluster.Pass(10_000);
        cluster.State.Deployments.ShouldHaveSingleItem();
        Settle(cluster);
        cluster.Update((root, _) => root, restart: "/web");
        cluster.Pass(10_000);
        cluster.State.Deployments.ShouldHaveSingleItem();
        cluster.EventsOf<MarathonEvent.DeploymentFailed>().ShouldBeEmpty();
    }

    [Fact]
    public void A_stopped_update_is_not_watched_any_more()
    {
        var cluster = Updating(1);
        cluster.Cancel(cluster.State.Deployments.Single().Plan.Id, force: true);
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Bad);
    }

    [Fact]
    public void Without_being_asked_an_update_waits_for_ever()
    {
        var cluster = Updating(1, asks: false);
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Bad);
    }

    [Fact]
    public void An_update_to_no_instances_at_all_ends_and_stays()
    {
        var cluster = Updating(1, bad: app => app with { Instances = 0 });
        Settle(cluster);
        cluster.Pass(10_000);
        CommandOf(cluster).ShouldBe(Bad);
    }

    private static AppDefinition App(string command, int instances = 1) => CoreHarness.App(instances: instances) with
    {
        Cmd = command,
        HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.Command, Command = "true" }],
    };

    private static UpgradeStrategy Asking(UpgradeStrategy strategy) => strategy with { AutoRevert = true, ProgressDeadlineSeconds = 100 };

    /// <summary>All instances of the good version run, and an update to the bad one has just begun.</summary>
    private static CoreHarness Updating(
        int instances,
        UpgradeStrategy? strategy = null,
        bool asks = true,
        Func<AppDefinition, AppDefinition>? good = null,
        Func<AppDefinition, AppDefinition>? bad = null)
    {
        strategy ??= UpgradeStrategy.Default;
        var cluster = CoreHarness.Connected();
        var first = App(Good, instances) with { UpgradeStrategy = strategy };
        cluster.Put(good?.Invoke(first) ?? first);
        Settle(cluster);
        cluster.Events.Clear();
        var second = App(Bad, instances) with { UpgradeStrategy = asks ? Asking(strategy) : strategy };
        cluster.Change("/web", _ => bad?.Invoke(second) ?? second);
        return cluster;
    }

    /// <summary>Everything starts, is healthy and ends as it should, until no deployment is left.</summary>
    private static void Settle(CoreHarness cluster)
    {
        for (var turn = 0; turn < 20 && !cluster.State.Deployments.IsEmpty; turn++)
        {
            cluster.RunAll();
            foreach (var instance in cluster.Instances().Where(instance => instance.Condition == Condition.Running))
            {
                cluster.Report(instance.TaskId, TaskState.TaskRunning, healthy: true);
            }

            cluster.EndKilled();
        }

        cluster.State.Deployments.ShouldBeEmpty();
    }

    private static string? CommandOf(CoreHarness cluster) => cluster.State.Root.FindApp(Web)!.Cmd;
}
