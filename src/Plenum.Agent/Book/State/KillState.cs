using Plenum.Agent.Book.Checkpoints;

namespace Plenum.Agent.Book.State;

/// <summary>A kill under way.</summary>
internal sealed class KillState(TaskCheckpoint.Types.Kill.Types.Cause cause, DateTimeOffset deadline, TimeSpan? grace = null)
{
    public TaskCheckpoint.Types.Kill.Types.Cause Cause { get; } = cause;

    /// <summary>When the next harder step is taken.</summary>
    public DateTimeOffset? Deadline { get; set; } = deadline;

    /// <summary>What the task was given to end by itself; null when an older version of the agent recorded the kill.</summary>
    public TimeSpan? Grace { get; } = grace;

    public KillStep Step { get; set; }
}
