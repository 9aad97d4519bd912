using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Tests.Agents;

public sealed class AgentLifecycleTests
{
    private static readonly TimeSpan PingTime = TimeSpan.FromSeconds(75);

    [Fact]
    public void An_agent_is_in_the_registry_before_it_hears_that_it_is_admitted()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();

        agent.Received[0].Registered.AgentId.Value.ShouldBe("master-1-S0");
        agent.Received[0].Registered.Reregistered.ShouldBeFalse();
        agent.Received[0].Registered.PingTimeout.Nanoseconds.ShouldBe(75_000_000_000);
        cluster.LastEffects.FindIndex(effect => effect is KernelEffect.WriteRegistry)
            .ShouldBeLessThan(cluster.LastEffects.FindIndex(effect => effect is KernelEffect.SendToAgent));
        cluster.Registry.Keys.ShouldBe(["kernel/agents/master-1-S0"]);
    }

    [Fact]
    public void A_registration_repeated_because_the_answer_was_lost_gets_the_same_id()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var first = agent.Id;
        agent.BreakLink();
        agent.Info.Id = null;

        agent.Return();

        agent.Id.ShouldBe(first);
        cluster.Snapshot.Agents.Count.ShouldBe(1);
    }

    [Fact]
    public void An_agent_that_lost_all_it_knew_takes_the_place_of_the_old_one()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Update(framework, "t1", TaskState.TaskRunning);
        agent.Info.Id = null;

        agent.Return();

        agent.Id.Value.ShouldBe("master-1-S1");
        cluster.Snapshot.Agents.Count.ShouldBe(1);
        var lost = framework.Updates[^1];
        (lost.State, lost.Reason).ShouldBe((TaskState.TaskLost, Reason.AgentRemoved));
        cluster.Registry.Keys.ShouldNotContain("kernel/agents/master-1-S0");
    }

    [Fact]
    public void An_agent_that_answers_its_pings_stays()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        for (var i = 0; i < 20; i++)
        {
            cluster.Advance(TimeSpan.FromSeconds(15));
            agent.Say(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } });
        }

        cluster.Snapshot.FindAgent(agent.Id)!.Active.ShouldBeTrue();
    }

    [Fact]
    public void Five_missed_pings_make_it_unreachable_and_every_framework_hears_of_it()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var aware = cluster.AddFramework("aware", Capability.PartitionAware);
        var other = cluster.AddFramework("other");
        var offer = aware.TakeOffer();
        aware.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        cluster.Advance(PingTime - TimeSpan.FromSeconds(1));
        cluster.Snapshot.UnreachableAgents.ShouldBeEmpty();

        cluster.Advance(TimeSpan.FromSeconds(1));

        cluster.Snapshot.Agents.ShouldBeEmpty();
        cluster.Snapshot.UnreachableAgents.Single().Id.ShouldBe(agent.Id);
        agent.Closed.ShouldBe([agent.Link]);
        var update = aware.Updates.Single();
        (update.State, update.Reason, update.HasUuid).ShouldBe((TaskState.TaskUnreachable, Reason.AgentRemoved, false));
        update.UnreachableTime.Nanoseconds.ShouldBeGreaterThan(0);
        aware.Failures.Single().AgentId.Value.ShouldBe(agent.Id.Value);
        other.Failures.Single().HasStatus.ShouldBeFalse();
        (aware.Rescinded.Count + other.Rescinded.Count).ShouldBe(aware.Offers.Count + other.Offers.Count - 1);
        cluster.Snapshot.FindFramework(aware.Id)!.UnreachableTasks.Single().State.ShouldBe(TaskState.TaskUnreachable);
    }

    [Fact]
    public void A_broken_link_rescinds_offers_and_leaves_the_tasks()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        cluster.Advance(TimeSpan.FromSeconds(1));

        agent.BreakLink();

        framework.Rescinded.ShouldBe([framework.Offers[^1].Id.Value]);
        cluster.Snapshot.FindAgent(agent.Id)!.Connected.ShouldBeFalse();
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskStaging);
        framework.Updates.ShouldBeEmpty();

        cluster.Advance(TimeSpan.FromMinutes(10));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskLost);
    }

    [Fact]
    public void A_returning_agents_word_is_the_truth()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(
            offer, TestFramework.Task(offer, "arrived"), TestFramework.Task(offer, "never-arrived"), TestFramework.Task(offer, "ended"));
        agent.Keep(framework, "arrived");
        agent.Keep(framework, "ended", TaskState.TaskFailed);
        framework.Kill("arrived");
        agent.BreakLink();

        agent.Return();

        var dropped = framework.Updates.Single();
        (dropped.TaskId.Value, dropped.State, dropped.Reason).ShouldBe(("never-arrived", TaskState.TaskDropped, Reason.Reconciliation));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1000);
        cluster.Snapshot.Tasks.Single(task => task.Id.Value == "ended").State.ShouldBe(TaskState.TaskFailed);
        agent.Killed.ShouldBe(["arrived"], "a kill the agent may have missed is said again");
    }

    [Fact]
    public void Reconciliation_does_not_give_an_end_away_before_the_agents_own_updates()
    {
        // Found by the simulator with seed 18: KILLED by reconciliation, then the task's STARTING.
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Keep(framework, "t1", TaskState.TaskKilled);
        agent.Return();

        framework.Reconcile(("t1", agent.Id));

        framework.Updates.Single().State.ShouldBe(TaskState.TaskStaging);
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskKilled);
    }

    [Fact]
    public void Tasks_of_an_unreachable_agent_come_back_with_it()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"), TestFramework.Task(offer, "rebooted-away"));
        agent.Keep(framework, "t1");
        cluster.Advance(PingTime);
        framework.Forget();

        agent.Return();

        framework.Updates.Select(update => (update.TaskId.Value, update.State, update.Reason)).ShouldBe(
        [
            ("t1", TaskState.TaskRunning, Reason.AgentReregistered),
            ("rebooted-away", TaskState.TaskGone, Reason.Reconciliation),
        ]);
        cluster.Snapshot.FindFramework(framework.Id)!.UnreachableTasks.ShouldBeEmpty();
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1000);
    }

    [Fact]
    public void A_new_link_replaces_the_old_one_and_the_old_ones_end_changes_nothing()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var old = agent.Link;

        agent.Return();
        cluster.Apply(new KernelCommand.AgentLinkClosed(old));

        agent.Closed.ShouldBe([old]);
        cluster.Snapshot.FindAgent(agent.Id)!.Connected.ShouldBeTrue();
    }

    [Fact]
    public void An_agent_marked_gone_is_shut_down_for_ever()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));

        cluster.Apply(new KernelCommand.MarkAgentGone(agent.Id));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskGoneByOperator);
        agent.Received.ShouldContain(message => message.Shutdown != null);

        cluster.RestartMaster();
        agent.Return();
        agent.Received.Single().Shutdown.ShouldNotBeNull();
        cluster.Snapshot.Agents.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TaskState.TaskFinished, TaskState.TaskFinished)]
    [InlineData(TaskState.TaskRunning, TaskState.TaskFinished)]
    public void What_ended_before_its_agent_was_marked_gone_keeps_its_end(TaskState told, TaskState latest)
    {
        // Found by the simulator with seeds 53 and 20401: FINISHED and then LOST.
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("old");
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Update(framework, "t1", told, latest);

        cluster.Apply(new KernelCommand.MarkAgentGone(agent.Id));

        framework.Updates[^1].State.ShouldBe(TaskState.TaskFinished);
        framework.Updates.ShouldNotContain(update => update.State == TaskState.TaskLost);
        cluster.Snapshot.FindFramework(framework.Id)!.CompletedTasks.Single().State.ShouldBe(TaskState.TaskFinished);
    }

    [Fact]
    public void An_agent_that_unregisters_loses_its_tasks_even_for_aware_frameworks()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));

        agent.Say(new AgentMessage { Unregister = new AgentMessage.Types.Unregister() });

        framework.Updates.Single().State.ShouldBe(TaskState.TaskLost);
        cluster.Registry.Keys.ShouldNotContain(key => key.StartsWith("kernel/agents/", StringComparison.Ordinal));
    }

    [Fact]
    public void An_agent_that_shrank_below_its_tasks_gets_no_offers_until_they_fit()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1", "cpus:3;mem:128"));
        var update = new AgentMessage.Types.UpdateAgent();
        update.TotalResources.AddRange(ResourceSet.Parse("cpus:2;mem:4096").ToWire());
        framework.Forget();

        agent.Say(new AgentMessage { UpdateAgent = update });
        cluster.Advance(TimeSpan.FromSeconds(5));
        framework.Offers.ShouldBeEmpty();

        agent.Update(framework, "t1", TaskState.TaskFinished);
        cluster.Advance(TimeSpan.FromSeconds(1));
        ResourceSet.FromWire(framework.Offers.Single().Resources).ShouldBe(ResourceSet.Parse("cpus:2;mem:4096"));
    }

    [Fact]
    public void A_namesake_of_a_newer_task_is_killed_and_its_updates_answered_by_the_master()
    {
        // An unreachable task keeps its id, so the name is only free once the master forgot it: here at once.
        var cluster = new TestCluster(options => options with { MaxUnreachableTasksPerFramework = 0 });
        var first = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        first.Keep(framework, "t1");
        cluster.Advance(PingTime);
        var second = cluster.AddAgent(hostname: "b.example");
        framework.Forget();
        offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        first.Return();

        first.Killed.ShouldBe(["t1"]);
        framework.Forget();
        var uuid = first.Update(framework, "t1", TaskState.TaskKilled);
        first.Acknowledged.ShouldBe([uuid]);
        framework.Updates.ShouldBeEmpty();
        cluster.Snapshot.Tasks.Single().AgentId.ShouldBe(second.Id);
    }

    [Fact]
    public void Agents_are_declared_unreachable_no_faster_than_the_limit_allows()
    {
        var cluster = new TestCluster(options => options with { AgentRemovalInterval = TimeSpan.FromMinutes(1) });
        for (var i = 0; i < 3; i++)
        {
            cluster.AddAgent(hostname: $"a{i}.example");
        }

        cluster.Advance(PingTime);
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1);
        cluster.Advance(TimeSpan.FromSeconds(59));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1);
        cluster.Advance(TimeSpan.FromSeconds(1));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(2);
        cluster.Advance(TimeSpan.FromMinutes(1));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(3);
    }

    [Fact]
    public void An_agent_that_answers_while_it_waits_for_its_removal_stays_and_is_asked_on()
    {
        var cluster = new TestCluster(options => options with { AgentRemovalInterval = TimeSpan.FromMinutes(10) });
        cluster.AddAgent();
        var second = cluster.AddAgent(hostname: "b.example");
        cluster.Advance(PingTime + TimeSpan.FromSeconds(30));
        second.Say(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } });
        second.Received.Clear();

        cluster.Advance(TimeSpan.FromSeconds(60));
        cluster.Snapshot.FindAgent(second.Id)!.Active.ShouldBeTrue();
        second.Received.Count(message => message.Ping is not null).ShouldBe(4);

        // Silent again: its turn comes with the next permit.
        cluster.Advance(TimeSpan.FromMinutes(10));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(2);
    }

    [Fact]
    public void After_a_restart_agents_that_do_not_come_back_are_given_up_at_the_same_pace()
    {
        var cluster = new TestCluster(options => options with { AgentRemovalInterval = TimeSpan.FromMinutes(1) });
        cluster.AddAgent();
        var second = cluster.AddAgent(hostname: "b.example");
        cluster.AddAgent(hostname: "c.example");
        cluster.RestartMaster();
        cluster.Advance(TimeSpan.FromMinutes(10));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1);

        second.Return();
        cluster.Advance(TimeSpan.FromMinutes(1));
        cluster.Snapshot.FindAgent(second.Id).ShouldNotBeNull();
        var counters = cluster.Snapshot.Counters;
        (counters.AgentUnreachableScheduled, counters.AgentUnreachableCompleted, counters.AgentUnreachableCanceled).ShouldBe((3, 2, 1));
    }

    [Theory]
    [InlineData("0.28.2", "127.0.0.1", "too old")]
    [InlineData("1.11.0", "127.0.0.2", "address")]
    public void An_agent_of_another_age_or_at_another_address_is_shut_down(string version, string ip, string reason)
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        agent.BreakLink();
        var report = agent.Report();
        report.Version = version;
        report.Address.Ip = ip;
        cluster.Adopt(agent, new AgentLinkId(77));

        cluster.Apply(new KernelCommand.RegisterAgent(agent.Link, report));

        agent.Received.Single().Shutdown.Message.ShouldContain(reason);
        cluster.Snapshot.FindAgent(agent.Id)!.Connected.ShouldBeFalse();
    }

    [Fact]
    public void Long_lost_agents_are_forgotten()
    {
        var cluster = new TestCluster(o => o with { LostAgentRetention = TimeSpan.FromHours(1) });
        cluster.RestartMaster();
        var agent = cluster.AddAgent();
        agent.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(10));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1);

        cluster.Advance(TimeSpan.FromMinutes(80));

        cluster.Snapshot.UnreachableAgents.ShouldBeEmpty();
        cluster.Registry.ShouldBeEmpty();
    }
}
