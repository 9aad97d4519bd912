using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tasks;

/// <summary>A status the master makes by itself. It has no uuid, is sent once and must not be acknowledged.</summary>
internal readonly record struct MasterUpdate(TaskId Task, TaskState State, TaskStatus.Types.Reason Reason, string Message)
{
    public AgentId? Agent { get; init; }

    public ExecutorId? Executor { get; init; }

    public DateTimeOffset? UnreachableTime { get; init; }
}
