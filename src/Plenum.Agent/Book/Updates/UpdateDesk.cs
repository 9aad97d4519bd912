using Google.Protobuf;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Updates;

/// <summary>
/// Status updates: one of a task in flight, repeated until its acknowledgement comes, the next one only
/// then (mesos.md 4.2).
/// </summary>
internal sealed class UpdateDesk(Desks desks)
{
    private static readonly TimeSpan FirstResend = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastResend = TimeSpan.FromMinutes(10);

    private readonly BookState _state = desks.State;

    /// <summary>The agent's own update of a task that it runs itself.</summary>
    public void Report(
        TaskEntry task,
        TaskState state,
        Source source,
        Reason? reason = null,
        string? message = null,
        IReadOnlyList<Resource>? exceeded = null)
    {
        var status = new TaskStatus
        {
            TaskId = task.Info.TaskId,
            State = state,
            Source = source,
            AgentId = task.Info.AgentId,
            Timestamp = _state.Timestamp,
            Uuid = ByteString.CopyFrom(_state.Mint()),
            ExecutorId = task.Executor.Id.ToWire(),
            ContainerStatus = ContainerStatusOf(task),
            CheckStatus = task.Check?.Result,
        };
        if (reason is { } why)
        {
            status.Reason = why;
        }

        if (message is not null)
        {
            status.Message = message;
        }

        if (exceeded is { Count: > 0 })
        {
            status.Limitation = new TaskResourceLimitation { Resources = { exceeded } };
        }

        if (task.Health?.Healthy is { } healthy)
        {
            status.Healthy = healthy;
        }

        Append(task, status);
    }

    private void Count(TaskState state)
    {
        var counters = _state.Counters;
        switch (state)
        {
            case TaskState.TaskFinished:
                counters.TasksFinished++;
                break;
            case TaskState.TaskFailed:
                counters.TasksFailed++;
                break;
            case TaskState.TaskKilled:
                counters.TasksKilled++;
                break;
            case TaskState.TaskLost:
                counters.TasksLost++;
                break;
            case TaskState.TaskGone:
                counters.TasksGone++;
                break;
        }
    }

    /// <summary>An update, complete with identity and time, takes its place at the end of the task's stream.</summary>
    public void Append(TaskEntry task, TaskStatus status)
    {
        if (task.Drained && (status.State is TaskState.TaskKilling or TaskState.TaskKilled))
        {
            status.Reason = Reason.AgentDraining;
        }

        if (status.State == TaskState.TaskKilled && task.AgentGone && task.Framework.PartitionAware)
        {
            status.State = TaskState.TaskGoneByOperator;
        }

        _state.Counters.ValidStatusUpdates++;
        Count(status.State);
        task.State = status.State;
        Remember(task, status);
        if (task.Framework.Removed)
        {
            _state.Touch(task);
            return;
        }

        var updates = task.Updates;
        if (updates.Pending.Count == BookLimits.PendingUpdates && !updates.Pending[^1].State.IsTerminal())
        {
            updates.Pending.RemoveAt(updates.Pending.Count - 1);
        }

        updates.Pending.Add(status);
        if (updates.Pending.Count == 1)
        {
            SendHead(task, FirstResend);
        }

        _state.Touch(task);
    }

    public void Acknowledge(MasterMessage.Types.AcknowledgeStatus message)
    {
        if (!_state.Frameworks.TryGetValue(message.FrameworkId, out var framework)
            || !framework.Tasks.TryGetValue(message.TaskId, out var task)
            || task.Updates.Head is not { } head
            || head.Uuid != message.Uuid)
        {
            // A late repetition, or of an update from before the task id was used again.
            return;
        }

        task.Updates.Pending.RemoveAt(0);
        task.Updates.LastAcknowledged = head.Uuid;
        task.Updates.ResendAt = null;
        _state.Touch(task);
        desks.Executors.Acknowledged(task, head);
        if (head.State.IsTerminal())
        {
            desks.Endings.Close(task);
        }
        else if (task.Updates.Head is not null)
        {
            SendHead(task, FirstResend);
        }
    }

    public void DeadlineReached(TaskEntry task)
    {
        if (task.Updates.ResendAt <= _state.Now)
        {
            var next = task.Updates.ResendDelay * 2;
            SendHead(task, next < LastResend ? next : LastResend);
        }
    }

    /// <summary>Registered (again): everything unacknowledged goes out now, whatever its pause was.</summary>
    public void LinkReady()
    {
        foreach (var task in PendingTasks())
        {
            SendHead(task, FirstResend);
            _state.Touch(task, save: false);
        }
    }

    public void LinkLost()
    {
        foreach (var task in PendingTasks())
        {
            task.Updates.ResendAt = null;
            _state.Touch(task, save: false);
        }
    }

    private IEnumerable<TaskEntry> PendingTasks() => _state.Frameworks.Values
        .SelectMany(static framework => framework.Tasks.Values)
        .Where(static task => task.Updates.Head is not null);

    private void SendHead(TaskEntry task, TimeSpan delay)
    {
        if (_state.Link is null)
        {
            return;
        }

        task.Updates.ResendDelay = delay;
        task.Updates.ResendAt = _state.Now + delay;
        desks.Link.Send(new AgentMessage
        {
            StatusUpdate = new AgentMessage.Types.StatusUpdate
            {
                FrameworkId = task.Framework.Id.ToWire(),
                Status = task.Updates.Head,
                LatestState = task.State,
            },
        });
    }

    // A status with the state of the one before replaces it, and data is not kept (mesos-wire.md 3.3).
    private static void Remember(TaskEntry task, TaskStatus status)
    {
        var kept = status;
        if (status.HasData)
        {
            kept = status.Clone();
            kept.ClearData();
        }

        var history = task.History;
        if (history.Count > 0 && history[^1].State == status.State)
        {
            history[^1] = kept;
            return;
        }

        if (history.Count == BookLimits.StatusHistory)
        {
            history.RemoveAt(0);
        }

        history.Add(kept);
    }

    private static ContainerStatus? ContainerStatusOf(TaskEntry task)
    {
        if (task.Container is not { } container)
        {
            return null;
        }

        var status = new ContainerStatus { ContainerId = new ContainerID { Value = container.Value } };
        if (task.Executor.Kind == ContainerKind.Pod)
        {
            status.ContainerId.Parent = new ContainerID { Value = task.Executor.Container.Value };
        }

        status.NetworkInfos.AddRange(task.Networks);
        if (task.Pid is { } pid)
        {
            status.ExecutorPid = (uint)pid;
        }

        return status;
    }
}
