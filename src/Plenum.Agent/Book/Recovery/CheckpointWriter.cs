using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Book.State;

namespace Plenum.Agent.Book.Recovery;

/// <summary>Entries as records. What can be found out again (processes, networks, check results) is left out.</summary>
internal static class CheckpointWriter
{
    public static FrameworkCheckpoint Write(FrameworkEntry framework) => new()
    {
        Framework = framework.Info,
        Removed = framework.Removed,
    };

    public static ExecutorCheckpoint Write(ExecutorEntry executor)
    {
        var record = new ExecutorCheckpoint
        {
            FrameworkId = executor.Framework.Id.ToWire(),
            Executor = executor.Info,
            Kind = executor.Kind == ContainerKind.Pod
                ? ExecutorCheckpoint.Types.Kind.Pod
                : ExecutorCheckpoint.Types.Kind.Custom,
            Container = executor.Container.Value,
            Terminating = executor.State >= ExecutorState.Terminating,
            Groups = executor.Groups,
            Limitation = LimitationRecord.Write(executor.EndCause?.Limitation),
        };
        if (executor.Graphics is { } graphics)
        {
            record.Graphics = (uint)graphics;
        }

        if (executor.DriverPid is { } pid)
        {
            record.DriverPid = pid;
        }

        return record;
    }

    public static OperationCheckpoint Write(OperationEntry operation) => new()
    {
        Uuid = operation.Uuid,
        FrameworkId = operation.Framework?.ToWire(),
        Info = operation.Info,
        Status = operation.Status,
    };

    public static ProviderCheckpoint Write(ProviderEntry provider) => new()
    {
        Info = provider.Info,
        Resources = { provider.Total.ToWire() },
        ResourceVersion = provider.Version,
        BuiltIn = provider.IsBuiltIn,
    };

    public static TaskCheckpoint Write(TaskEntry task)
    {
        var record = new TaskCheckpoint
        {
            FrameworkId = task.Framework.Id.ToWire(),
            Task = task.Info,
            Group = task.Group,
            State = task.State,
            Delivered = task.Executor.Kind == ContainerKind.Executor && task.Phase == TaskPhase.Running,
            Ended = task.Phase == TaskPhase.Ended,
            EverHealthy = task.Health?.EverHealthy ?? false,
        };
        record.History.AddRange(task.History);
        record.Pending.AddRange(task.Updates.Pending);
        if (task.Executor.Kind != ContainerKind.Command)
        {
            record.ExecutorId = task.Executor.Id.ToWire();
        }

        if (task.Container is { } container)
        {
            record.Container = container.Value;
        }

        if (task.AgentGone)
        {
            record.AgentGone = true;
        }

        if (task.Drained)
        {
            record.Drained = true;
        }

        record.Limitation = LimitationRecord.Write(task.Limitation);
        if (task.Kill is { } kill)
        {
            record.Kill = new TaskCheckpoint.Types.Kill { Cause = kill.Cause };
            if (kill.Deadline is { } deadline)
            {
                record.Kill.Deadline = WireTime.Nanoseconds(deadline);
            }

            if (kill.Grace is { } grace)
            {
                record.Kill.Grace = WireTime.Nanoseconds(DateTimeOffset.UnixEpoch + grace);
            }
        }

        if (task.RunningSince is { } since)
        {
            record.RunningSince = WireTime.Nanoseconds(since);
        }

        if (task.Updates.LastAcknowledged is { } uuid)
        {
            record.LastAcknowledged = uuid;
        }

        return record;
    }
}
