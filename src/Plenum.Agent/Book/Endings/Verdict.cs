using System.Globalization;
using Plenum.Agent.Book.State;
using Plenum.Protocol.V1;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Endings;

/// <summary>What the framework is told about a task whose container is over.</summary>
internal readonly record struct Verdict(TaskState State, Source Source, Reason? Reason, string Message)
{
    /// <summary>The resources of the status' limitation; null: none was exceeded.</summary>
    public IReadOnlyList<Resource>? Exceeded { get; init; }

    public static Verdict Of(TaskEntry task, ContainerEnd end)
    {
        var text = end.Status is { } status ? ExitText.Of(status) : end.Message ?? "Nobody saw how the container ended";
        if (task.Limitation is { } limitation)
        {
            return ByCause(task, ExecutorEndCause.Limited(limitation));
        }

        if (task.Kill is { } kill)
        {
            return Killed(task, kill, text);
        }

        if (task.Executor.EndCause is { } cause)
        {
            return ByCause(task, cause);
        }

        // Also when the first process ended well: a child of it was killed for the task's own limit, and Mesos ends
        // the whole container then.
        if (end.OutOfMemory)
        {
            return ByCause(task, ExecutorEndCause.Limited(MemoryLimitation.Of(end.MemoryLimitBytes, end.MemoryPeakBytes)));
        }

        if (end.Status == 0)
        {
            return new Verdict(TaskState.TaskFinished, Source.Executor, Reason: null, text);
        }

        return end.Status is null
            ? new Verdict(TaskState.TaskFailed, Source.Agent, TaskStatus.Types.Reason.ExecutorTerminated, text)
            : new Verdict(TaskState.TaskFailed, Source.Executor, Reason: null, text);
    }

    private static Verdict ByCause(TaskEntry task, ExecutorEndCause cause) => new(
        task.Framework.PartitionAware ? cause.PartitionAwareState : cause.State,
        Source.Agent,
        cause.Reason,
        cause.Message)
    {
        Exceeded = cause.Exceeded,
    };

    private static Verdict Killed(TaskEntry task, KillState kill, string text) => kill.Cause switch
    {
        Cause.CompletionTime => new Verdict(
            TaskState.TaskFailed,
            Source.Executor,
            TaskStatus.Types.Reason.MaxCompletionTimeReached,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Task exceeded its max completion time of {WireTime.Span(task.Info.MaxCompletionTime).TotalSeconds} secs")),
        _ when task.RunningSince is null => new Verdict(
            TaskState.TaskKilled,
            Source.Executor,
            TaskStatus.Types.Reason.TaskKilledDuringLaunch,
            "The task was killed before it ran"),
        _ => new Verdict(TaskState.TaskKilled, Source.Executor, Reason: null, text),
    };
}
