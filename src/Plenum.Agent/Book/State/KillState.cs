using Plenum.Agent.Book.Checkpoints;

namespace Plenum.Agent.Book.State;

/// <summary>A kill under way.</summary>
internal sealed class KillState(TaskCheckpoint.Types.Kill.Types.Cause cause, DateTimeOffset deadline)
{
    public TaskCheckpoint.Types.Kill.Types.Cause Cause { get; } = cause;

    /// <summary>When the next harder step is taken.</summary>
    public DateTimeOffset? Deadline { get; set; } = deadline;

    public KillStep Step { get; set; }
}
