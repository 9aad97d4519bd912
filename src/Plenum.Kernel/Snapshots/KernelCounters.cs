using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>What happened since this kernel started, for metrics. A copy travels with each snapshot.</summary>
public sealed record KernelCounters
{
    public long TasksLaunched { get; set; }

    public long TasksFinished { get; set; }

    public long TasksFailed { get; set; }

    public long TasksKilled { get; set; }

    public long TasksLost { get; set; }

    public long TasksError { get; set; }

    public long TasksDropped { get; set; }

    public long TasksGone { get; set; }

    public long TasksGoneByOperator { get; set; }

    public long TasksUnreachable { get; set; }

    public long TasksPreempted { get; set; }

    public long OperationsStarted { get; set; }

    public long OperationsFinished { get; set; }

    public long OperationsFailed { get; set; }

    public long OperationsDropped { get; set; }

    public long OperationsError { get; set; }

    public long AgentRegistrations { get; set; }

    public long AgentReregistrations { get; set; }

    public long AgentRemovals { get; set; }

    /// <summary>Removed because they answered no pings or did not come back.</summary>
    public long AgentRemovalsUnhealthy { get; set; }

    /// <summary>Removed because they said that they leave.</summary>
    public long AgentRemovalsUnregistered { get; set; }

    /// <summary>Removed because a new agent registered at their address.</summary>
    public long AgentRemovalsRegistered { get; set; }

    /// <summary>Known from the registry and not back in time after a start of the master.</summary>
    public long RecoveredAgentRemovals { get; set; }

    public long AgentUnreachableScheduled { get; set; }

    public long AgentUnreachableCompleted { get; set; }

    public long AgentUnreachableCanceled { get; set; }

    public long ValidStatusUpdates { get; set; }

    public long InvalidStatusUpdates { get; set; }

    public long ValidAcknowledgements { get; set; }

    public long InvalidAcknowledgements { get; set; }

    public long ValidFrameworkMessages { get; set; }

    public long InvalidFrameworkMessages { get; set; }

    public long ValidExecutorMessages { get; set; }

    public long InvalidExecutorMessages { get; set; }

    public long ValidOperationUpdates { get; set; }

    public long InvalidOperationUpdates { get; set; }

    public long ValidOperationAcknowledgements { get; set; }

    public long InvalidOperationAcknowledgements { get; set; }

    /// <summary>How operations ended, by kind and end. A new map for each change: copies of this record share it.</summary>
    public ImmutableDictionary<(Offer.Types.Operation.Types.Type Type, OperationState State), long> OperationEnds { get; private set; } =
        ImmutableDictionary<(Offer.Types.Operation.Types.Type, OperationState), long>.Empty;

    public long OffersSent { get; set; }

    public long OffersRescinded { get; set; }

    public long StatusUpdates { get; set; }

    public long AllocationRuns { get; set; }

    public void OperationEnded(Offer.Types.Operation.Types.Type type, OperationState state) =>
        OperationEnds = OperationEnds.SetItem((type, state), OperationEnds.GetValueOrDefault((type, state)) + 1);
}
