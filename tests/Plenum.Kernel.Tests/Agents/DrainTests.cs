using Google.Protobuf.WellKnownTypes;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Call = Plenum.Protocol.V1.Master.Call;

namespace Plenum.Kernel.Tests.Agents;

/// <summary>Draining, deactivation and reactivation: reference sections 3.8 and 4.10.</summary>
public sealed class DrainTests
{
    [Fact]
    public void A_draining_agent_loses_its_offers_and_its_tasks_and_is_drained_when_the_last_end_is_acknowledged()
    {
        var (cluster, agent, framework) = Running();
        cluster.Operate(Drain(agent.Id, seconds: 2)).ShouldBeNull();
        var record = cluster.Snapshot.Agents.Single();
        (record.Active, record.Deactivated, record.Drain!.State).ShouldBe((false, true, DrainState.Draining));
        framework.Rescinded.Count.ShouldBe(1);
        var kill = agent.Received.Single(message => message.KillTask is not null).KillTask;
        kill.TaskId.Value.ShouldBe("t1");
        kill.KillPolicy.GracePeriod.Nanoseconds.ShouldBe(2_000_000_000);

        var uuid = agent.Update(framework, "t1", TaskState.TaskKilled);
        framework.Updates[^1].Reason.ShouldBe(TaskStatus.Types.Reason.AgentDraining);
        cluster.Advance(TimeSpan.FromSeconds(2));
        cluster.Snapshot.Agents.Single().Drain!.State.ShouldBe(DrainState.Draining);
        framework.Acknowledge(agent.Id, "t1", uuid);
        cluster.Advance(TimeSpan.FromSeconds(2));
        cluster.Snapshot.Agents.Single().Drain!.State.ShouldBe(DrainState.Drained);
        framework.Forget();
        cluster.Advance(TimeSpan.FromSeconds(5));
        framework.Offers.ShouldBeEmpty();

        cluster.Operate(Reactivate(agent.Id)).ShouldBeNull();
        cluster.Settle();
        framework.Offers.Count.ShouldBe(1);
        cluster.Snapshot.Agents.Single().Drain.ShouldBeNull();
    }

    [Fact]
    public void The_tasks_own_grace_period_counts_where_it_is_shorter()
    {
        var (cluster, agent, framework) = Running(grace: 1);
        cluster.Operate(Drain(agent.Id, seconds: 60)).ShouldBeNull();
        agent.Received.Single(message => message.KillTask is not null).KillTask.KillPolicy.GracePeriod.Nanoseconds.ShouldBe(1_000_000_000);
        framework.Updates.ShouldBeEmpty();
    }

    [Fact]
    public void An_agent_drained_for_good_is_marked_gone()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        cluster.Operate(Drain(agent.Id, markGone: true)).ShouldBeNull();
        cluster.Snapshot.GoneAgents.ShouldHaveSingleItem().Id.ShouldBe(agent.Id);
        agent.Received[^1].Shutdown.ShouldNotBeNull();
        cluster.Operate(Drain(agent.Id))!.Kind.ShouldBe(OperatorRefusalKind.Conflict);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_kill_says_whether_the_agent_goes_for_good_and_what_the_agent_makes_of_it_is_told(bool gone)
    {
        var (cluster, agent, framework) = Running(capabilities: FrameworkInfo.Types.Capability.Types.Type.PartitionAware);
        cluster.Operate(Drain(agent.Id, markGone: gone)).ShouldBeNull();
        agent.Received.Single(message => message.KillTask is not null).KillTask.AgentGone.ShouldBe(gone);
        var end = gone ? TaskState.TaskGoneByOperator : TaskState.TaskKilled;
        var uuid = agent.Update(framework, "t1", end);
        (framework.Updates[^1].State, framework.Updates[^1].Reason).ShouldBe((end, TaskStatus.Types.Reason.AgentDraining));
        framework.Acknowledge(agent.Id, "t1", uuid);
        cluster.Snapshot.Frameworks.Single().CompletedTasks.Single().State.ShouldBe(end);
        cluster.Snapshot.Counters.TasksGoneByOperator.ShouldBe(gone ? 1 : 0);
        cluster.Advance(TimeSpan.FromSeconds(2));
        cluster.Snapshot.GoneAgents.Count.ShouldBe(gone ? 1 : 0);
    }

    [Fact]
    public void An_agent_that_can_is_told_to_drain_instead_of_each_kill_and_told_when_it_is_over()
    {
        var (cluster, agent, framework) = Running(agentCan: AgentInfo.Types.Capability.Types.Type.AgentDraining);
        cluster.Operate(Drain(agent.Id, seconds: 2)).ShouldBeNull();
        var order = agent.Received.Single(message => message.Drain is not null).Drain;
        order.Config.MaxGracePeriod.Nanoseconds.ShouldBe(2_000_000_000);
        order.Started.ShouldBe(cluster.Snapshot.Agents.Single().ToWire().EstimatedDrainStartTime);
        agent.Killed.ShouldBeEmpty();

        // It comes back without having heard it, with its task.
        agent.Keep(framework, "t1");
        agent.Received.Clear();
        agent.Return();
        agent.Received.Single(message => message.Registered is not null).Registered.Draining.ShouldBeTrue();
        agent.Received.Single(message => message.Drain is not null).Drain.ShouldBe(order);
        agent.Killed.ShouldBeEmpty("it would be a kill of the framework's, and a second one");

        // With a grace of the framework's own the kill is said again.
        framework.Kill("t1");
        agent.Killed.ShouldBe(["t1"]);
        agent.Received.Clear();
        agent.Return();
        agent.Killed.ShouldBe(["t1"]);

        var uuid = agent.Update(framework, "t1", TaskState.TaskKilled);
        framework.Acknowledge(agent.Id, "t1", uuid);
        agent.Received.Clear();
        cluster.Advance(TimeSpan.FromSeconds(2));
        cluster.Snapshot.Agents.Single().Drain!.State.ShouldBe(DrainState.Drained);
        agent.Received.Single(message => message.Drain is not null).Drain.Config.ShouldBeNull();
        agent.Tasks.Clear();
        agent.Return();
        agent.Received.Single(message => message.Registered is not null).Registered.Draining.ShouldBeFalse();
    }

    [Fact]
    public void Draining_goes_on_when_the_master_restarts_and_when_the_agent_comes_back()
    {
        var (cluster, agent, framework) = Running();
        agent.Keep(framework, "t1");
        cluster.Operate(Drain(agent.Id)).ShouldBeNull();
        cluster.RestartMaster();
        cluster.Snapshot.RecoveredAgents.Single().Drain!.State.ShouldBe(DrainState.Draining);
        framework.Forget();
        framework.Resubscribe();
        agent.Return();
        agent.Killed.ShouldBe(["t1"]);
        cluster.Advance(TimeSpan.FromSeconds(5));
        framework.Offers.ShouldBeEmpty();
    }

    [Fact]
    public void A_deactivated_agent_keeps_its_tasks_and_its_pings_and_gets_no_offers()
    {
        var (cluster, agent, framework) = Running();
        cluster.Operate(Deactivate(agent.Id)).ShouldBeNull();
        cluster.Operate(Deactivate(agent.Id)).ShouldBeNull("saying it twice is no error");
        framework.Rescinded.Count.ShouldBe(1);
        framework.Forget();
        agent.Update(framework, "t1", TaskState.TaskRunning);
        framework.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskRunning);
        cluster.Advance(TimeSpan.FromSeconds(30));
        framework.Offers.ShouldBeEmpty();
        agent.Killed.ShouldBeEmpty();

        // It is still watched.
        cluster.Advance(TimeSpan.FromSeconds(75));
        cluster.Snapshot.UnreachableAgents.ShouldHaveSingleItem().Deactivated.ShouldBeTrue();
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var (cluster, agent, _) = Running();
        cluster.Operate(Reactivate(agent.Id))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Drain(new AgentId("nobody")))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Deactivate(new AgentId("nobody")))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Drain(agent.Id, seconds: -1))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Drain(agent.Id)).ShouldBeNull();
        cluster.Operate(Reactivate(agent.Id))!.Reason.ShouldContain("still draining");
        cluster.Snapshot.Agents.Single().Standing.ShouldBe(AgentStanding.Registered);
    }

    private static (TestCluster Cluster, TestAgent Agent, TestFramework Framework) Running(
        double? grace = null, AgentInfo.Types.Capability.Types.Type? agentCan = null, params FrameworkInfo.Types.Capability.Types.Type[] capabilities)
    {
        var cluster = new TestCluster();
        var agent = new TestAgent("a.example", "cpus:4;mem:4096;disk:1000;ports:[31000-31999]") { Port = 5051 };
        if (agentCan is { } ability)
        {
            agent.Capabilities.Add(ability);
        }

        cluster.Register(agent);
        var framework = cluster.AddFramework("test", capabilities);
        var offer = framework.TakeOffer();
        var task = TestFramework.Task(offer, "t1");
        if (grace is { } seconds)
        {
            task.KillPolicy = new KillPolicy { GracePeriod = new DurationInfo { Nanoseconds = (long)(seconds * 1e9) } };
        }

        framework.Launch(offer, 0, task);
        cluster.Advance(TimeSpan.FromSeconds(2));
        return (cluster, agent, framework);
    }

    private static Call Drain(AgentId agent, long? seconds = null, bool markGone = false)
    {
        var drain = new Call.Types.DrainAgent { AgentId = agent.ToWire(), MarkGone = markGone };
        drain.MaxGracePeriod = seconds is { } limit ? new Duration { Seconds = limit } : null;
        return new Call { Type = Call.Types.Type.DrainAgent, DrainAgent = drain };
    }

    private static Call Deactivate(AgentId agent) => new()
    {
        Type = Call.Types.Type.DeactivateAgent, DeactivateAgent = new Call.Types.DeactivateAgent { AgentId = agent.ToWire() },
    };

    private static Call Reactivate(AgentId agent) => new()
    {
        Type = Call.Types.Type.ReactivateAgent, ReactivateAgent = new Call.Types.ReactivateAgent { AgentId = agent.ToWire() },
    };
}
