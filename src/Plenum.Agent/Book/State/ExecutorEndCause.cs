using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

/// <summary>How the remaining tasks of an executor that the agent ended are reported.</summary>
/// <param name="PartitionAwareState">Told to frameworks with PARTITION_AWARE.</param>
/// <param name="State">Told to all others.</param>
internal sealed record ExecutorEndCause(
    TaskState PartitionAwareState,
    TaskState State,
    TaskStatus.Types.Reason Reason,
    string Message)
{
    /// <summary>What its container exceeded, when that is the cause.</summary>
    public IReadOnlyList<Resource> Exceeded { get; init; } = [];

    /// <summary>Then it is ended at once, and is asked again while it is not gone, also by the next agent.</summary>
    public ContainerLimitation? Limitation { get; private init; }

    public static ExecutorEndCause Limited(ContainerLimitation limitation) => limitation.IsPreemption
        ? new(TaskState.TaskGone, TaskState.TaskLost, limitation.Reason, limitation.Message) { Limitation = limitation }
        : new(TaskState.TaskFailed, TaskState.TaskFailed, limitation.Reason, limitation.Message) { Exceeded = limitation.Resources, Limitation = limitation };

    public static readonly ExecutorEndCause NeverSubscribed = new(
        TaskState.TaskFailed,
        TaskState.TaskFailed,
        TaskStatus.Types.Reason.ExecutorRegistrationTimeout,
        "The executor did not subscribe in time");

    public static readonly ExecutorEndCause NotBackAfterRestart = new(
        TaskState.TaskGone,
        TaskState.TaskLost,
        TaskStatus.Types.Reason.ExecutorReregistrationTimeout,
        "The executor did not subscribe again after the agent restarted");

    public static readonly ExecutorEndCause Terminated = new(
        TaskState.TaskFailed,
        TaskState.TaskFailed,
        TaskStatus.Types.Reason.ExecutorTerminated,
        "The executor was shut down");
}
