using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Tests.Reconciliation;

public sealed class ReconcilerTests
{
    [Fact]
    public void A_question_without_an_agent_is_answered_once_every_awaited_agent_is_back()
    {
        // The count of awaited agents never went down, so such questions stayed unanswered after a master's restart.
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", FrameworkInfo.Types.Capability.Types.Type.PartitionAware);
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t1", null));
        framework.Updates.ShouldBeEmpty();

        agent.Return();

        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnknown);
    }

    [Fact]
    public void A_known_task_is_answered_with_the_state_last_forwarded()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Update(framework, "t1", TaskState.TaskRunning, latest: TaskState.TaskFinished);
        framework.Forget();

        framework.Reconcile(("t1", null));

        var answer = framework.Updates.Single();
        (answer.State, answer.Reason, answer.HasUuid).ShouldBe((TaskState.TaskRunning, Reason.Reconciliation, false));
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFinished);
    }

    [Fact]
    public void An_empty_question_asks_for_every_task()
    {
        var (_, agent, framework) = Running(Capability.PartitionAware);
        agent.Update(framework, "t1", TaskState.TaskRunning);
        framework.Forget();

        framework.Reconcile();

        framework.Updates.Select(update => (update.TaskId.Value, update.State)).ShouldBe([("t1", TaskState.TaskRunning)]);
    }

    [Theory]
    [InlineData(true, TaskState.TaskGone)]
    [InlineData(false, TaskState.TaskLost)]
    public void A_registered_agent_that_does_not_know_the_task(bool aware, TaskState expected)
    {
        var (_, agent, framework) = Running(aware ? [Capability.PartitionAware] : []);

        framework.Reconcile(("other", agent.Id));

        framework.Updates.Single().State.ShouldBe(expected);
    }

    [Theory]
    [InlineData(true, TaskState.TaskUnreachable)]
    [InlineData(false, TaskState.TaskLost)]
    public void A_task_on_an_unreachable_agent_is_found_with_and_without_its_agent(bool aware, TaskState expected)
    {
        var (cluster, agent, framework) = Running(aware ? [Capability.PartitionAware] : []);
        cluster.Advance(TimeSpan.FromSeconds(75));
        framework.Forget();

        framework.Reconcile(("t1", agent.Id));
        framework.Updates.Single().State.ShouldBe(expected);
        framework.Updates.Single().UnreachableTime.ShouldSatisfyAllConditions(time => (time is not null).ShouldBe(true));

        framework.Forget();
        framework.Reconcile(("t1", null));
        framework.Updates.Single().State.ShouldBe(expected);
        framework.Updates.Single().AgentId.Value.ShouldBe(agent.Id.Value);
    }

    [Fact]
    public void An_agent_marked_gone_takes_its_tasks_along()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        cluster.Apply(new KernelCommand.MarkAgentGone(agent.Id));
        framework.Forget();

        framework.Reconcile(("t1", agent.Id));

        framework.Updates.Single().State.ShouldBe(TaskState.TaskGoneByOperator);
    }

    [Fact]
    public void An_agent_nobody_ever_heard_of()
    {
        var (_, _, framework) = Running(Capability.PartitionAware);

        framework.Reconcile(("t1x", new AgentId("nowhere-S1")));

        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnknown);
    }

    [Fact]
    public void While_an_agent_may_still_come_back_the_answer_waits_for_it()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();

        framework.Reconcile(("t1", agent.Id), ("t1", null));
        framework.Updates.ShouldBeEmpty();

        agent.Return();
        framework.Updates.Select(update => update.State).ShouldBe([TaskState.TaskRunning, TaskState.TaskRunning]);

        // Nobody is awaited any more: what no agent runs is nowhere.
        framework.Forget();
        framework.Reconcile(("never-was", null));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnknown);
    }

    [Fact]
    public void Unreachable_agents_are_still_known_after_a_restart()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        cluster.Advance(TimeSpan.FromSeconds(75));

        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t1", agent.Id));

        var answer = framework.Updates.Single();
        answer.State.ShouldBe(TaskState.TaskUnreachable);
        answer.UnreachableTime.Nanoseconds.ShouldBe((TestCluster.Start.AddSeconds(75) - DateTimeOffset.UnixEpoch).Ticks * 100);
    }

    [Fact]
    public void A_question_for_all_tasks_is_answered_agent_by_agent_as_they_come_back()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        cluster.AddAgent(hostname: "b.example");
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();

        framework.Reconcile();
        framework.Updates.ShouldBeEmpty();
        agent.Return();

        framework.Updates.Select(update => (update.TaskId.Value, update.State)).ShouldBe([("t1", TaskState.TaskRunning)]);
    }

    [Fact]
    public void A_later_question_about_a_task_that_never_was_is_answered_after_all_tasks()
    {
        // The example framework, like others, takes that answer as the end of its reconciliation.
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();

        framework.Reconcile();
        framework.Reconcile(("never-was", null));
        agent.Return();

        framework.Updates.Select(update => (update.TaskId.Value, update.State))
            .ShouldBe([("t1", TaskState.TaskRunning), ("never-was", TaskState.TaskUnknown)]);
    }

    [Fact]
    public void A_question_of_an_earlier_stream_is_not_answered_on_the_next_one()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Reconcile(("t1", agent.Id));
        framework.Resubscribe();
        framework.Forget();

        agent.Return();

        framework.Updates.ShouldBeEmpty();
    }

    [Fact]
    public void Tasks_of_lost_agents_are_known_by_name_after_a_restart()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        cluster.Advance(TimeSpan.FromSeconds(75));

        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t1", null));

        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnreachable);
        cluster.Snapshot.FindFramework(framework.Id)!.UnreachableTasks.Single().Id.Value.ShouldBe("t1");

        agent.Return();
        cluster.Registry.Keys.ShouldNotContain(key => key.StartsWith("kernel/lost/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_end_that_was_told_and_not_acknowledged_is_answered_while_its_agent_is_away(bool restarted)
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        var uuid = agent.Update(framework, "t1", TaskState.TaskFailed);
        Ends(cluster).ShouldBeEmpty("a framework at work acknowledges at once, and its ends cost no write");
        cluster.Advance(TimeSpan.FromSeconds(6));
        Ends(cluster).ShouldHaveSingleItem();
        if (restarted)
        {
            cluster.RestartMaster();
            framework.Resubscribe();
        }
        else
        {
            cluster.Advance(TimeSpan.FromSeconds(90));
            cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1);
        }

        framework.Forget();
        framework.Reconcile();
        framework.Reconcile(("t1", null), ("t1", agent.Id));
        framework.Updates.Select(update => update.State).ShouldBe([TaskState.TaskFailed, TaskState.TaskFailed, TaskState.TaskFailed]);

        framework.Acknowledge(agent.Id, "t1", uuid);
        Ends(cluster).ShouldBeEmpty();
    }

    [Fact]
    public void An_end_leaves_the_registry_when_it_is_acknowledged()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        var uuid = agent.Update(framework, "t1", TaskState.TaskFailed);
        cluster.Advance(TimeSpan.FromSeconds(6));

        framework.Acknowledge(agent.Id, "t1", uuid);

        Ends(cluster).ShouldBeEmpty();
    }

    [Fact]
    public void An_agent_that_comes_back_with_an_ended_task_takes_it_off_the_shelf()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Update(framework, "t1", TaskState.TaskFailed);
        var kept = agent.Keep(framework, "t1", TaskState.TaskFailed);
        kept.StatusUpdateState = TaskState.TaskFailed;
        cluster.Advance(TimeSpan.FromSeconds(6));
        cluster.RestartMaster();
        framework.Resubscribe();

        agent.Return();

        cluster.Snapshot.FindFramework(framework.Id)!.KeptEnds.ShouldBeEmpty();
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFailed);
        Ends(cluster).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_removed_framework_leaves_no_ends_behind()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Update(framework, "t1", TaskState.TaskFailed);
        cluster.Advance(TimeSpan.FromSeconds(96));

        framework.Teardown();

        Ends(cluster).ShouldBeEmpty();
    }

    [Fact]
    public void An_id_used_again_after_its_loss_was_forgotten_is_that_of_the_new_task_after_a_restart_too()
    {
        // 1. t1 is lost with one agent, and forgotten for t0 of another; then it is used again on a third.
        var cluster = new TestCluster(options => options with { MaxUnreachableTasksPerFramework = 1 });
        var agents = Enumerable.Range(0, 3).Select(i => cluster.AddAgent(hostname: $"h{i}")).ToList();
        var framework = cluster.AddFramework("fw", Capability.PartitionAware);
        cluster.Settle();
        var offers = framework.Offers.ToDictionary(offer => offer.AgentId.Value);
        framework.Launch(offers[agents[1].Id.Value], TestFramework.Task(offers[agents[1].Id.Value], "t1"));
        framework.Launch(offers[agents[0].Id.Value], TestFramework.Task(offers[agents[0].Id.Value], "t0"));
        Lose(cluster, agents[1], agents[0], agents[2]);
        Lose(cluster, agents[0], agents[2]);
        cluster.Settle();
        var third = framework.Offers.Last(offer => offer.AgentId.Value == agents[2].Id.Value);
        framework.Launch(third, TestFramework.Task(third, "t1"));
        agents[2].Keep(framework, "t1");

        // 2. The next master does not know yet what the third runs.
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t1", null));
        framework.Updates.ShouldBeEmpty();
        framework.Reconcile(("t0", null));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskUnreachable, "whoever is awaited, that one is lost");
        framework.Forget();
        agents[2].Return();
        var answer = framework.Updates.Single();
        (answer.State, answer.AgentId.Value).ShouldBe((TaskState.TaskRunning, agents[2].Id.Value));

        // 3. What becomes of the lost agent says nothing of it.
        framework.Forget();
        cluster.Apply(new KernelCommand.MarkAgentGone(agents[1].Id));
        framework.Updates.ShouldNotContain(update => update.TaskId.Value == "t1");
    }

    [Fact]
    public void Each_agent_answers_for_its_tasks_and_the_last_one_for_all_that_is_left()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        var other = cluster.AddAgent(hostname: "b.example");
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        framework.Reconcile(("t1", null), ("never-was", null), ("elsewhere", other.Id));

        agent.Return();
        framework.Updates.Select(update => (update.TaskId.Value, update.State)).ShouldBe([("t1", TaskState.TaskRunning)]);

        framework.Forget();
        other.Return();
        framework.Updates.Select(update => (update.TaskId.Value, update.State))
            .ShouldBe([("elsewhere", TaskState.TaskGone), ("never-was", TaskState.TaskUnknown)]);
    }

    [Fact]
    public void Killing_an_unknown_task_is_answered_like_a_question()
    {
        var (_, agent, framework) = Running(Capability.PartitionAware);

        framework.Kill("never-was", agent.Id);

        framework.Updates.Single().State.ShouldBe(TaskState.TaskGone);
    }

    [Fact]
    public void A_kill_with_the_wrong_agent_is_ignored()
    {
        var (_, agent, framework) = Running(Capability.PartitionAware);

        framework.Kill("t1", new AgentId("nowhere-S1"));
        agent.Killed.ShouldBeEmpty();
        framework.Updates.ShouldBeEmpty();

        framework.Kill("t1", agent.Id);
        agent.Killed.ShouldBe(["t1"]);
    }

    private static void Lose(TestCluster cluster, TestAgent agent, params TestAgent[] stay)
    {
        agent.BreakLink();
        for (var i = 0; i < 11; i++)
        {
            cluster.Advance(TimeSpan.FromMinutes(1));
            Array.ForEach(stay, other => other.Say(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } }));
        }

        cluster.Snapshot.UnreachableAgents.ShouldContain(lost => lost.Id == agent.Id);
    }

    private static IEnumerable<string> Ends(TestCluster cluster) =>
        cluster.Registry.Keys.Where(key => key.StartsWith("kernel/ends/", StringComparison.Ordinal));

    private static (TestCluster Cluster, TestAgent Agent, TestFramework Framework) Running(params Capability[] capabilities)
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", capabilities);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        framework.Forget();
        return (cluster, agent, framework);
    }
}
