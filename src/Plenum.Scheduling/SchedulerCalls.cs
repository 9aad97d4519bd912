using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Scheduling;

/// <summary>
/// Every call but SUBSCRIBE, which the session makes, and REQUEST, which no allocator listens to. The framework id is
/// filled in where they are sent. What is easy to get wrong by hand is right here: which updates are acknowledged, which
/// uuid is raw bytes, and what an absent filter means.
/// </summary>
public static class SchedulerCalls
{
    private const long NanosecondsPerTick = 100;

    /// <summary>The framework ends, and all that it runs.</summary>
    public static Call Teardown() => new() { Type = Call.Types.Type.Teardown };

    /// <summary>
    /// Operations in order on offers of one agent and role. What is left over is not offered again for
    /// <paramref name="refuse"/>: five seconds when null, not at all when zero.
    /// </summary>
    public static Call Accept(IEnumerable<OfferID> offers, IEnumerable<Offer.Types.Operation> operations, TimeSpan? refuse = null) => new()
    {
        Type = Call.Types.Type.Accept,
        Accept = new Call.Types.Accept { OfferIds = { offers }, Operations = { operations }, Filters = FiltersOf(refuse) },
    };

    /// <summary>Offers go back; see <see cref="Accept"/> for <paramref name="refuse"/>.</summary>
    public static Call Decline(IEnumerable<OfferID> offers, TimeSpan? refuse = null) => new()
    {
        Type = Call.Types.Type.Decline, Decline = new Call.Types.Decline { OfferIds = { offers }, Filters = FiltersOf(refuse) },
    };

    /// <summary>The framework will leave the machines in time. What it says is shown to the operator and binds nobody.</summary>
    public static Call AcceptInverseOffers(IEnumerable<OfferID> offers, TimeSpan? refuse = null) => new()
    {
        Type = Call.Types.Type.AcceptInverseOffers,
        AcceptInverseOffers = new Call.Types.AcceptInverseOffers { InverseOfferIds = { offers }, Filters = FiltersOf(refuse) },
    };

    /// <summary>The framework will not leave the machines; it is asked again after <paramref name="refuse"/>.</summary>
    public static Call DeclineInverseOffers(IEnumerable<OfferID> offers, TimeSpan? refuse = null) => new()
    {
        Type = Call.Types.Type.DeclineInverseOffers,
        DeclineInverseOffers = new Call.Types.DeclineInverseOffers { InverseOfferIds = { offers }, Filters = FiltersOf(refuse) },
    };

    /// <summary>Forgets all refusals of the roles and asks for offers; all roles when none is named.</summary>
    public static Call Revive(params IEnumerable<string> roles) => new()
    {
        Type = Call.Types.Type.Revive, Revive = new Call.Types.Revive { Roles = { roles } },
    };

    /// <summary>No more offers for the roles until a REVIVE; all roles when none is named.</summary>
    public static Call Suppress(params IEnumerable<string> roles) => new()
    {
        Type = Call.Types.Type.Suppress, Suppress = new Call.Types.Suppress { Roles = { roles } },
    };

    /// <summary>A grace period given here wins over the task's own.</summary>
    public static Call Kill(TaskID task, AgentID? agent = null, TimeSpan? gracePeriod = null) => new()
    {
        Type = Call.Types.Type.Kill,
        Kill = new Call.Types.Kill
        {
            TaskId = task,
            AgentId = agent,
            KillPolicy = gracePeriod is { } grace
                ? new KillPolicy { GracePeriod = new DurationInfo { Nanoseconds = grace.Ticks * NanosecondsPerTick } }
                : null,
        },
    };

    /// <summary>Ends an executor and its tasks.</summary>
    public static Call Shutdown(ExecutorID executor, AgentID agent) => new()
    {
        Type = Call.Types.Type.Shutdown, Shutdown = new Call.Types.Shutdown { ExecutorId = executor, AgentId = agent },
    };

    /// <summary>
    /// Null for an update without uuid: the master made it, it is not repeated and must not be acknowledged. Send it
    /// after what the update says is safe, since it will not come again.
    /// </summary>
    public static Call? Acknowledge(TaskStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return !status.HasUuid ? null : new Call
        {
            Type = Call.Types.Type.Acknowledge,
            Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
        };
    }

    /// <summary>
    /// The same for operations. The call wants the raw bytes of the uuid that the status carries as a message. Null also
    /// without an id: nobody asked for feedback then.
    /// </summary>
    public static Call? Acknowledge(OperationStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Uuid is null || status.OperationId is null ? null : new Call
        {
            Type = Call.Types.Type.AcknowledgeOperationStatus,
            AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus
            {
                AgentId = status.AgentId,
                ResourceProviderId = status.ResourceProviderId,
                Uuid = status.Uuid.Value,
                OperationId = status.OperationId,
            },
        };
    }

    /// <summary>
    /// Asks for the states of tasks; of all that the master knows when none is named. Name the agent where it is known:
    /// without it a task on a lost agent is not found. No answer means that the agent may still come back: ask again.
    /// </summary>
    public static Call Reconcile(params IEnumerable<(TaskID Task, AgentID? Agent)> tasks)
    {
        var reconcile = new Call.Types.Reconcile();
        reconcile.Tasks.AddRange(tasks.Select(static asked => new Call.Types.Reconcile.Types.Task { TaskId = asked.Task, AgentId = asked.Agent }));
        return new Call { Type = Call.Types.Type.Reconcile, Reconcile = reconcile };
    }

    /// <summary>Asks for the states of operations; of all with an id when none is named.</summary>
    public static Call ReconcileOperations(params IEnumerable<(OperationID Operation, AgentID? Agent)> operations)
    {
        var reconcile = new Call.Types.ReconcileOperations();
        reconcile.Operations.AddRange(operations.Select(static asked =>
            new Call.Types.ReconcileOperations.Types.Operation { OperationId = asked.Operation, AgentId = asked.Agent }));
        return new Call { Type = Call.Types.Type.ReconcileOperations, ReconcileOperations = reconcile };
    }

    /// <summary>To an executor; may be lost, and is never repeated.</summary>
    public static Call Message(AgentID agent, ExecutorID executor, Google.Protobuf.ByteString data) => new()
    {
        Type = Call.Types.Type.Message, Message = new Call.Types.Message { AgentId = agent, ExecutorId = executor, Data = data },
    };

    /// <summary>Another description of the framework, without a new subscription. Constraints and suppressed roles are replaced whole.</summary>
    public static Call UpdateFramework(FrameworkInfo info, IEnumerable<string> suppressedRoles, OfferConstraints? constraints = null) => new()
    {
        Type = Call.Types.Type.UpdateFramework,
        UpdateFramework = new Call.Types.UpdateFramework
        {
            FrameworkInfo = info, SuppressedRoles = { suppressedRoles }, OfferConstraints = constraints,
        },
    };

    private static Filters? FiltersOf(TimeSpan? refuse) => refuse is { } time ? new Filters { RefuseSeconds = time.TotalSeconds } : null;
}
