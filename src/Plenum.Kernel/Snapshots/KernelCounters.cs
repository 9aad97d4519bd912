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

    public long AgentUnreachableCompleted { get; set; }

    public long OffersSent { get; set; }

    public long OffersRescinded { get; set; }

    public long StatusUpdates { get; set; }

    public long AllocationRuns { get; set; }
}
