using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

internal static class TaskStateExtensions
{
    /// <summary>Mesos' list; UNREACHABLE and UNKNOWN are not in it, such a task may come back.</summary>
    public static bool IsTerminal(this TaskState state) => state
        is TaskState.TaskFinished
        or TaskState.TaskFailed
        or TaskState.TaskKilled
        or TaskState.TaskError
        or TaskState.TaskLost
        or TaskState.TaskDropped
        or TaskState.TaskGone
        or TaskState.TaskGoneByOperator;
}
