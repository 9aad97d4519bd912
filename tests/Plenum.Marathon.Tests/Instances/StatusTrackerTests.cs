using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Tests.Instances;

public sealed class StatusTrackerTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void An_acknowledgement_follows_the_write_of_what_it_acknowledges()
    {
        _cluster.Put(CoreHarness.App());
        var task = _cluster.GiveOffers(_cluster.Offer()).Single().TaskId.Value;
        var effects = new List<MarathonEffect>();
        _cluster.Core.Handle(
            [new Event { Type = Event.Types.Type.Update, Update = new Event.Types.Update { Status = _cluster.Status(task, TaskState.TaskRunning) } }],
            _cluster.Now,
            effects);
        effects.OfType<MarathonEffect.Write>().ShouldContain(write => write.Key.StartsWith("marathon/instances/", StringComparison.Ordinal));
        effects.OfType<MarathonEffect.Send>().Single().Call.Acknowledge.TaskId.Value.ShouldBe(task);
    }

    [Fact]
    public void An_update_without_uuid_is_not_acknowledged()
    {
        _cluster.Put(CoreHarness.App());
        var task = _cluster.GiveOffers(_cluster.Offer()).Single().TaskId.Value;
        var status = _cluster.Status(task, TaskState.TaskRunning);
        status.ClearUuid();
        _cluster.Report(status);
        _cluster.CallsOf(Call.Types.Type.Acknowledge).ShouldBeEmpty();
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Running);
    }

    [Fact]
    public void A_task_that_nobody_knows_is_killed_and_acknowledged()
    {
        _cluster.Report("stranger.instance-1234._app.1", TaskState.TaskRunning);
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe("stranger.instance-1234._app.1");
        _cluster.CallsOf(Call.Types.Type.Acknowledge).Count.ShouldBe(1);
        _cluster.Report("stranger.instance-1234._app.1", TaskState.TaskKilled);
        _cluster.EventsOf<MarathonEvent.UnknownInstanceTerminated>().Single().App.Text.ShouldBe("/stranger");
    }

    [Fact]
    public void A_task_of_an_earlier_incarnation_is_not_taken_for_the_current_one()
    {
        _cluster.Put(CoreHarness.App());
        var first = _cluster.RunAll().Single().TaskId.Value;
        _cluster.Report(first, TaskState.TaskKilled);
        _cluster.GiveOffers(_cluster.Offer());
        _cluster.Report(first, TaskState.TaskKilled); // repeated because the acknowledgement was lost
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Provisioned);
        _cluster.Report(first, TaskState.TaskRunning); // a ghost
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(first);
    }

    [Fact]
    public void An_unreachable_task_is_replaced_at_once_by_default_and_killed_when_it_comes_back()
    {
        _cluster.Put(CoreHarness.App());
        var lost = _cluster.RunAll().Single().TaskId.Value;
        _cluster.Report(lost, TaskState.TaskUnreachable);
        _cluster.Pass(0.01);
        _cluster.GiveOffers(_cluster.Offer("agent-2")).Single().TaskId.Value.ShouldNotBe(lost);
        _cluster.Report(lost, TaskState.TaskRunning);
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(lost);
    }

    [Fact]
    public void Strategy_disabled_waits_for_the_agent_for_ever()
    {
        _cluster.Put(CoreHarness.App() with { UnreachableStrategy = UnreachableStrategy.Disabled });
        var lost = _cluster.RunAll().Single().TaskId.Value;
        _cluster.Report(lost, TaskState.TaskUnreachable);
        _cluster.Pass(100_000);
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Unreachable);
        _cluster.State.Queue.ShouldBeEmpty();
        _cluster.Report(lost, TaskState.TaskRunning);
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Running);
    }

    [Fact]
    public void An_inactive_one_is_replaced_and_the_surplus_ends_when_it_returns()
    {
        _cluster.Put(CoreHarness.App() with
        {
            UnreachableStrategy = new UnreachableStrategy { InactiveAfterSeconds = 60, ExpungeAfterSeconds = 600 },
        });
        var lost = _cluster.RunAll().Single().TaskId.Value;
        _cluster.Report(lost, TaskState.TaskUnreachable);
        _cluster.Pass(59);
        _cluster.State.Queue.ShouldBeEmpty();
        _cluster.Pass(1);
        _cluster.Instances().Select(instance => instance.Condition)
            .ShouldBe([Condition.UnreachableInactive, Condition.Scheduled]);
        _cluster.RunAll().Count.ShouldBe(1);
        _cluster.Calls.Clear();
        _cluster.Report(lost, TaskState.TaskRunning);
        _cluster.EndKilled().ShouldBe(1);
        _cluster.Instances().Count.ShouldBe(1);
    }

    [Fact]
    public void An_expunged_one_is_forgotten_and_its_timer_survives_a_restart()
    {
        _cluster.Put(CoreHarness.App() with
        {
            UnreachableStrategy = new UnreachableStrategy { InactiveAfterSeconds = 60, ExpungeAfterSeconds = 600 },
        });
        var lost = _cluster.RunAll().Single().TaskId.Value;
        _cluster.Report(lost, TaskState.TaskUnreachable);
        _cluster.Pass(60);
        _cluster.RunAll().Count.ShouldBe(1);
        _cluster.Restart();
        _cluster.Instances().Count.ShouldBe(2);
        _cluster.Pass(540);
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Running);
    }

    [Fact]
    public void A_launch_that_nobody_confirms_is_killed_and_the_kill_is_repeated()
    {
        _cluster.Put(CoreHarness.App());
        var task = _cluster.GiveOffers(_cluster.Offer()).Single().TaskId.Value;
        _cluster.Pass(299);
        _cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();
        _cluster.Pass(1);
        _cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(1);
        _cluster.Pass(30);
        _cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(2);
        _cluster.Report(task, TaskState.TaskGone);
        _cluster.Pass(60);
        _cluster.CallsOf(Call.Types.Type.Kill).Count.ShouldBe(2);
        _cluster.Instances().Single().Condition.ShouldBe(Condition.Scheduled);
    }

    [Fact]
    public void A_kill_that_was_answered_is_not_forgotten_by_a_restart()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.RunAll();
        var instance = _cluster.Instances().Single();
        _cluster.Disconnect();
        _cluster.Kill(new KillTasks([instance.Id]));
        _cluster.Calls.ShouldNotContain(call => call.Type == Call.Types.Type.Kill);
        _cluster.Restart();
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(instance.TaskId);
    }

    [Fact]
    public void The_last_failure_is_kept_with_its_reason_over_restarts()
    {
        _cluster.Put(CoreHarness.App());
        var task = _cluster.RunAll().Single().TaskId.Value;
        var status = _cluster.Status(task, TaskState.TaskFailed);
        status.Message = "Command exited with status 3" + new string('x', 20_000);
        _cluster.Report(status);
        _cluster.Restart();
        var failure = _cluster.State.FindRuntime(PathId.Parse("/web"))!.LastFailure!;
        failure.TaskId.ShouldBe(task);
        failure.State.ShouldBe("TASK_FAILED");
        failure.Message.ShouldStartWith("Command exited with status 3");
        failure.Message.Length.ShouldBe(10_000);
        failure.Host.ShouldBe("agent-1.local");
    }

    [Fact]
    public void Reconciliation_asks_for_what_is_known_and_then_for_everything()
    {
        _cluster.Put(CoreHarness.App(instances: 2));
        _cluster.RunAll();
        _cluster.Calls.Clear();
        _cluster.Restart();
        _cluster.CallsOf(Call.Types.Type.Reconcile).Select(call => call.Reconcile.Tasks.Count).ShouldBe([2, 0]);
        _cluster.CallsOf(Call.Types.Type.Reconcile)[0].Reconcile.Tasks.ShouldAllBe(task => task.AgentId.Value == "agent-1");
        _cluster.Calls.Clear();
        _cluster.Pass(15);
        _cluster.CallsOf(Call.Types.Type.Reconcile).Count.ShouldBe(2);
        _cluster.Calls.Clear();
        _cluster.Pass(599);
        _cluster.CallsOf(Call.Types.Type.Reconcile).ShouldBeEmpty();
        _cluster.Pass(1);
        _cluster.CallsOf(Call.Types.Type.Reconcile).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(TaskStatus.Types.Reason.InvalidOffers, Condition.Dropped)]
    [InlineData(TaskStatus.Types.Reason.AgentRestarted, Condition.Gone)]
    [InlineData(TaskStatus.Types.Reason.Reconciliation, Condition.Unknown)]
    public void A_lost_task_is_told_by_its_reason(TaskStatus.Types.Reason reason, object condition) =>
        ConditionRules.FromStatus(new TaskStatus
        {
            TaskId = new TaskID { Value = "t" },
            State = TaskState.TaskLost,
            Reason = reason,
        }).ShouldBe((Condition)condition);
}
