namespace Plenum.Agent.Book;

/// <summary>What happened since this agent's book was started, for metrics. A copy travels with each snapshot.</summary>
public sealed record BookCounters
{
    public long TasksFinished { get; set; }

    public long TasksFailed { get; set; }

    public long TasksKilled { get; set; }

    public long TasksLost { get; set; }

    public long TasksGone { get; set; }

    public long ExecutorsTerminated { get; set; }

    /// <summary>Those whose revocable resources were taken back.</summary>
    public long ExecutorsPreempted { get; set; }

    public long ContainerLaunchErrors { get; set; }

    /// <summary>Records of an earlier agent that could not be used.</summary>
    public long RecoveryErrors { get; set; }

    public long ValidStatusUpdates { get; set; }

    public long InvalidStatusUpdates { get; set; }

    public long ValidFrameworkMessages { get; set; }

    public long InvalidFrameworkMessages { get; set; }
}
