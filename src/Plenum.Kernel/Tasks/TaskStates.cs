using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tasks;

internal static class TaskStates
{
    /// <summary>UNREACHABLE and UNKNOWN are not: such a task can come back.</summary>
    public static bool IsTerminal(TaskState state) => state is TaskState.TaskFinished or TaskState.TaskFailed
        or TaskState.TaskKilled or TaskState.TaskError or TaskState.TaskLost or TaskState.TaskDropped
        or TaskState.TaskGone or TaskState.TaskGoneByOperator;

    /// <summary>States that only PARTITION_AWARE frameworks know; the others get LOST for each of them.</summary>
    public static bool NeedsPartitionAwareness(TaskState state) => state is TaskState.TaskDropped
        or TaskState.TaskUnreachable or TaskState.TaskGone or TaskState.TaskGoneByOperator or TaskState.TaskUnknown;
}
