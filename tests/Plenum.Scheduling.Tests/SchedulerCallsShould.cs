using System.Reflection;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Scheduling.Tests;

public sealed class SchedulerCallsShould
{
    private static readonly AgentID Agent = new() { Value = "a" };

    private static readonly TaskID Task = new() { Value = "t" };

    private static readonly OfferID Offer = new() { Value = "o" };

    private static readonly ByteString Uuid = ByteString.CopyFrom(new byte[16]);

    [Fact]
    public void Make_every_call_that_a_framework_sends()
    {
        Call?[] made =
        [
            SchedulerCalls.Teardown(), SchedulerCalls.Accept([Offer], []), SchedulerCalls.Decline([Offer]),
            SchedulerCalls.AcceptInverseOffers([Offer]), SchedulerCalls.DeclineInverseOffers([Offer]), SchedulerCalls.Revive(),
            SchedulerCalls.Suppress("web"), SchedulerCalls.Kill(Task), SchedulerCalls.Shutdown(new ExecutorID { Value = "e" }, Agent),
            SchedulerCalls.Acknowledge(new TaskStatus { TaskId = Task, AgentId = Agent, Uuid = Uuid }),
            SchedulerCalls.Acknowledge(new OperationStatus { OperationId = new OperationID { Value = "op" }, AgentId = Agent, Uuid = new UUID { Value = Uuid } }),
            SchedulerCalls.Reconcile(), SchedulerCalls.ReconcileOperations(),
            SchedulerCalls.Message(Agent, new ExecutorID { Value = "e" }, Uuid), SchedulerCalls.UpdateFramework(new FrameworkInfo { User = "u", Name = "n" }, []),
        ];
        made.Select(call => call.ShouldNotBeNull().Type).ShouldBe(
            Enum.GetValues<Call.Types.Type>().Except([Call.Types.Type.Unknown, Call.Types.Type.Subscribe, Call.Types.Type.Request]),
            ignoreOrder: true);
        foreach (var call in made)
        {
            RequiredFields.FirstMissing(call!).ShouldBeNull();
        }

        // One method for each: the list above is whole.
        typeof(SchedulerCalls).GetMethods(BindingFlags.Public | BindingFlags.Static).Length.ShouldBe(made.Length);
    }

    [Fact]
    public void Acknowledge_only_what_waits_for_it()
    {
        SchedulerCalls.Acknowledge(new TaskStatus { TaskId = Task, State = TaskState.TaskLost }).ShouldBeNull();
        SchedulerCalls.Acknowledge(new OperationStatus { OperationId = new OperationID { Value = "op" } }).ShouldBeNull();
        SchedulerCalls.Acknowledge(new OperationStatus { Uuid = new UUID { Value = Uuid } }).ShouldBeNull();
    }

    [Fact]
    public void Give_an_operations_uuid_as_raw_bytes()
    {
        var status = new OperationStatus { OperationId = new OperationID { Value = "op" }, AgentId = Agent, Uuid = new UUID { Value = Uuid } };
        SchedulerCalls.Acknowledge(status)!.AcknowledgeOperationStatus.Uuid.ShouldBe(Uuid);
    }

    [Fact]
    public void Leave_the_filter_out_where_nothing_is_said_and_write_a_zero_where_nothing_is_to_be_refused()
    {
        SchedulerCalls.Decline([Offer]).Decline.Filters.ShouldBeNull();
        SchedulerCalls.Decline([Offer], TimeSpan.Zero).Decline.Filters.RefuseSeconds.ShouldBe(0);
        SchedulerCalls.Accept([Offer], [], TimeSpan.FromMinutes(1)).Accept.Filters.RefuseSeconds.ShouldBe(60);
    }

    [Fact]
    public void Write_a_grace_period_in_nanoseconds()
    {
        SchedulerCalls.Kill(Task).Kill.KillPolicy.ShouldBeNull();
        SchedulerCalls.Kill(Task, Agent, TimeSpan.FromSeconds(2)).Kill.KillPolicy.GracePeriod.Nanoseconds.ShouldBe(2_000_000_000);
    }
}
