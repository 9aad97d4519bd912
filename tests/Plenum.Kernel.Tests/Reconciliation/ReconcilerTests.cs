using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
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
        framework.Reconcile(("t1", null));

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
    public void A_task_on_an_unreachable_agent_is_found_only_by_its_agent(bool aware, TaskState expected)
    {
        var (cluster, agent, framework) = Running(aware ? [Capability.PartitionAware] : []);
        cluster.Advance(TimeSpan.FromSeconds(75));
        framework.Forget();

        framework.Reconcile(("t1", agent.Id));
        framework.Updates.Single().State.ShouldBe(expected);
        framework.Updates.Single().UnreachableTime.ShouldSatisfyAllConditions(time => (time is not null).ShouldBe(true));

        framework.Forget();
        framework.Reconcile(("t1", null));
        framework.Updates.Single().State.ShouldBe(aware ? TaskState.TaskUnknown : TaskState.TaskLost);
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
    public void While_an_agent_may_still_come_back_there_is_no_answer()
    {
        var (cluster, agent, framework) = Running(Capability.PartitionAware);
        agent.Keep(framework, "t1");
        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();

        framework.Reconcile(("t1", agent.Id), ("t1", null));
        framework.Updates.ShouldBeEmpty();

        agent.Return();
        framework.Reconcile(("t1", agent.Id), ("t1", null));
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
