using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

/// <summary>
/// One executor: the invisible one of a command task, the holder of a pod, or a framework's own.
/// </summary>
internal sealed class ExecutorEntry : IDeadlineEntry
{
    public required FrameworkEntry Framework { get; init; }

    public required ExecutorId Id { get; init; }

    public required ExecutorInfo Info { get; init; }

    public required ContainerKind Kind { get; init; }

    public required ContainerId Container { get; init; }

    /// <summary>Relative to the work directory.</summary>
    public required string Sandbox { get; init; }

    public ExecutorState State { get; set; } = ExecutorState.Launching;

    public Dictionary<TaskId, TaskEntry> Tasks { get; } = [];

    public BoundedHistory<TaskSnapshot> Completed { get; } = new(BookLimits.CompletedTasks);

    /// <summary>LAUNCH_GROUPs so far; each task carries the number of its own.</summary>
    public ulong Groups { get; set; }

    public int? Pid { get; set; }

    public IReadOnlyList<NetworkInfo> Networks { get; set; } = [];

    /// <summary>Custom executor: its open event stream.</summary>
    public long? Stream { get; set; }

    /// <summary>Custom executor of the old driver: where it listens. It must be told when the agent is back.</summary>
    public string? DriverPid { get; set; }

    /// <summary>Custom executor: registration, shutdown grace or next heartbeat, whichever its state waits for.</summary>
    public DateTimeOffset? Deadline { get; set; }

    public DateTimeOffset? QueuedAt { get; set; }

    /// <summary>Custom executor: it subscribed before the agent restarted, and has not again.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>GPUs that its container was started with; null: an older agent did not count them.</summary>
    public int? Graphics { get; set; }

    /// <summary>Why its remaining tasks end when its container does; null for an end of its own accord.</summary>
    public ExecutorEndCause? EndCause { get; set; }
}
