using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;

namespace Plenum.Marathon.Tests.Health;

public sealed class HealthTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void The_kill_comes_with_the_failure_after_the_allowed_ones()
    {
        var task = Run(new HealthCheck { IntervalSeconds = 10, GracePeriodSeconds = 0, MaxConsecutiveFailures = 3 });
        for (var failure = 1; failure <= 3; failure++)
        {
            Answer(500);
            _cluster.EndKilled().ShouldBe(0, $"failure {failure}");
        }

        Answer(500);
        _cluster.EventsOf<MarathonEvent.UnhealthyInstanceKill>().Single().TaskId.ShouldBe(task);
        _cluster.State.FindRuntime(PathId.Parse("/web"))!.LastFailure!.Message
            .ShouldBe("Task was killed since health check failed. Reason: HTTP status 500");
        _cluster.EndKilled().ShouldBe(1);
        _cluster.Instances().Single().Incarnation.ShouldBe(2);
        _cluster.State.Queue.Single().DelayedUntil.ShouldBeLessThanOrEqualTo(_cluster.Now, "a kill of ours does not delay");
    }

    [Fact]
    public void A_success_in_between_starts_the_count_anew()
    {
        Run(new HealthCheck { IntervalSeconds = 10, GracePeriodSeconds = 0, MaxConsecutiveFailures = 1 });
        Answer(500);
        Answer(200);
        Answer(500);
        _cluster.EndKilled().ShouldBe(0);
        Answer(500);
        _cluster.EndKilled().ShouldBe(1);
    }

    [Fact]
    public void Zero_allowed_failures_means_never_for_checks_of_the_orchestrator()
    {
        Run(new HealthCheck { IntervalSeconds = 10, GracePeriodSeconds = 0, MaxConsecutiveFailures = 0 });
        for (var failure = 0; failure < 10; failure++)
        {
            Answer(500);
        }

        _cluster.EndKilled().ShouldBe(0);
    }

    [Fact]
    public void Failures_before_the_first_success_are_forgiven_within_the_grace_period()
    {
        Run(new HealthCheck { IntervalSeconds = 10, GracePeriodSeconds = 45, MaxConsecutiveFailures = 1 });
        for (var failure = 0; failure < 4; failure++)
        {
            Answer(500);
        }

        _cluster.State.FindRuntime(PathId.Parse("/web"))!.Health.ShouldBeEmpty();
        _cluster.EventsOf<MarathonEvent.FailedHealthCheck>().ShouldBeEmpty();
        Answer(500);
        _cluster.EventsOf<MarathonEvent.FailedHealthCheck>().ShouldHaveSingleItem();
        Answer(500);
        _cluster.EndKilled().ShouldBe(1);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(301, true)]
    [InlineData(399, true)]
    [InlineData(400, false)]
    [InlineData(100, false)]
    public void Statuses_from_200_to_399_are_healthy(int status, bool healthy)
    {
        Run(new HealthCheck { IntervalSeconds = 10, GracePeriodSeconds = 0 });
        Answer(status);
        _cluster.State.FindRuntime(PathId.Parse("/web"))!.Health.Single().Value.Single().Alive.ShouldBe(healthy);
        _cluster.EventsOf<MarathonEvent.HealthStatusChanged>().Single().Alive.ShouldBe(healthy);
        _cluster.EventsOf<MarathonEvent.InstanceHealthChanged>().Single().Healthy.ShouldBe(healthy);
    }

    [Fact]
    public void Probes_begin_soon_go_to_the_host_port_and_stop_with_the_task()
    {
        var task = Run(new HealthCheck { IntervalSeconds = 60, TimeoutSeconds = 7, Path = "/ok" });
        _cluster.Pass(4.9);
        _cluster.Probes.ShouldBeEmpty();
        _cluster.Pass(0.1);
        var probe = _cluster.Probes.Single();
        probe.Host.ShouldBe("agent-1.local");
        probe.Port.ShouldBe(_cluster.Instances().Single().HostPorts[0]);
        probe.Path.ShouldBe("/ok");
        probe.Timeout.ShouldBe(TimeSpan.FromSeconds(7));

        _cluster.Report(task, TaskState.TaskFailed);
        _cluster.Probed(probe, new ProbeOutcome { HttpStatus = 200 });
        _cluster.State.FindRuntime(PathId.Parse("/web"))!.Health.ShouldBeEmpty("the answer is about a task that is gone");
        _cluster.Pass(300);
        _cluster.Probes.Count.ShouldBe(1);
    }

    [Fact]
    public void The_verdict_of_the_agent_arrives_with_status_updates()
    {
        var task = Run(new HealthCheck { Protocol = HealthCheckProtocol.MesosHttp });
        _cluster.Pass(100);
        _cluster.Probes.ShouldBeEmpty("the agent checks, not the orchestrator");
        _cluster.Report(task, TaskState.TaskRunning, healthy: true);
        _cluster.Report(task, TaskState.TaskRunning, healthy: false);
        _cluster.EventsOf<MarathonEvent.InstanceHealthChanged>().Select(happened => happened.Healthy).ShouldBe([true, false]);
        _cluster.State.FindRuntime(PathId.Parse("/web"))!.Health.Single().Value.Single().ConsecutiveFailures.ShouldBe(1);
        _cluster.EndKilled().ShouldBe(0, "the agent kills by itself");
    }

    [Fact]
    public void Of_several_checks_of_the_agent_only_the_first_is_performed_and_waited_for()
    {
        var task = Run(
            new HealthCheck { Protocol = HealthCheckProtocol.Command, Command = "test -e up" },
            new HealthCheck { Protocol = HealthCheckProtocol.MesosHttp });
        _cluster.State.Deployments.Length.ShouldBe(1);
        _cluster.Report(task, TaskState.TaskRunning, healthy: true);
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void All_checks_must_pass_for_an_instance_to_be_healthy()
    {
        Run(
            new HealthCheck { IntervalSeconds = 10, Path = "/a" },
            new HealthCheck { IntervalSeconds = 10, Protocol = HealthCheckProtocol.Tcp });
        _cluster.Pass(5);
        var tcp = _cluster.Probes.Single(probe => probe.Scheme == ProbeScheme.Tcp);
        var http = _cluster.Probes.Single(probe => probe.Scheme == ProbeScheme.Http);
        _cluster.Probed(http, new ProbeOutcome { HttpStatus = 200 });
        _cluster.State.Deployments.Length.ShouldBe(1);
        _cluster.Probed(tcp, new ProbeOutcome { Connected = true });
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    private string Run(params HealthCheck[] checks)
    {
        _cluster.Put(CoreHarness.App() with
        {
            PortDefinitions = [new PortDefinition(0)],
            HealthChecks = ValueList.Own(checks),
        });
        return _cluster.RunAll().Single().TaskId.Value;
    }

    // Lets the next probe come up and answers it.
    private void Answer(int status)
    {
        _cluster.Probes.Clear();
        _cluster.Pass(10);
        _cluster.Probed(_cluster.Probes.ShouldHaveSingleItem(), new ProbeOutcome { HttpStatus = status });
    }
}
