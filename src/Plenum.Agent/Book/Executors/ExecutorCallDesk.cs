using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Executors;

/// <summary>Calls of custom executors (mesos.md 3.7) and the HTTP answers they get.</summary>
internal sealed class ExecutorCallDesk(Desks desks)
{
    private const int UuidLength = 16;
    private const int Ok = 200;
    private const int Accepted = 202;
    private const int BadRequest = 400;
    private const int Forbidden = 403;

    private readonly BookState _state = desks.State;
    private readonly Dictionary<long, ExecutorEntry> _streams = [];

    public void Subscribe(long stream, Call call, string? driverPid)
    {
        if (Find(call) is not { } executor)
        {
            Reply(stream, BadRequest, "No such framework or executor on this agent");
            return;
        }

        if (executor.Kind != ContainerKind.Executor)
        {
            Reply(stream, BadRequest, "The agent runs this executor itself");
            return;
        }

        Reply(stream, Ok, message: null);
        if (executor.State >= ExecutorState.Terminating)
        {
            _state.Emit(new AgentEffect.SendToExecutor(stream, new Event { Type = Event.Types.Type.Shutdown }));
            _state.Emit(new AgentEffect.CloseExecutor(stream));
            return;
        }

        Replace(executor, stream);
        if (!string.Equals(executor.DriverPid, driverPid, StringComparison.Ordinal))
        {
            executor.DriverPid = driverPid;
            _state.Save(executor);
        }

        TakeUnacknowledged(executor, call.Subscribe);
        _state.Emit(new AgentEffect.SendToExecutor(stream, Subscribed(executor)));
        if (executor.Tasks.Count == 0 && executor.Completed.Items.Count == 0)
        {
            // Every task it was started for was killed meanwhile.
            desks.Executors.Shutdown(executor);
            return;
        }

        desks.Executors.Deliver(executor);
        foreach (var task in executor.Tasks.Values)
        {
            if (task is { Kill: not null, Terminal: false })
            {
                desks.Executors.Kill(task, desks.Drains.Shorter(task.Info.KillPolicy));
            }
        }
    }

    public void Call(long request, Call call)
    {
        if (call.Type == Protocol.V1.Executor.Call.Types.Type.Heartbeat)
        {
            Reply(request, Accepted, message: null);
            return;
        }

        if (Find(call) is not { } executor)
        {
            Reply(request, BadRequest, "No such framework or executor on this agent");
            return;
        }

        // An executor of the old driver that exits ends the link to it and the connection on which it said its last word
        // at once: which is noticed first is chance. Mesos asks no link of updates either.
        var isUpdate = call.Type == Protocol.V1.Executor.Call.Types.Type.Update;
        if (executor.Stream is null && !(isUpdate && executor.DriverPid is not null))
        {
            Reply(request, Forbidden, "Executor is not subscribed");
            return;
        }

        if (isUpdate)
        {
            Update(request, executor, call.Update.Status);
            return;
        }

        desks.Link.Send(new AgentMessage
        {
            ExecutorMessage = new AgentMessage.Types.ExecutorMessage
            {
                FrameworkId = executor.Framework.Id.ToWire(),
                ExecutorId = executor.Id.ToWire(),
                Data = call.Message.Data,
            },
        });
        Reply(request, Accepted, message: null);
    }

    public void StreamClosed(long stream)
    {
        if (_streams.Remove(stream, out var executor) && executor.Stream == stream)
        {
            executor.Stream = null;
            if (executor.State == ExecutorState.Running)
            {
                // It may subscribe again as long as its container lives: no deadline, as in Mesos.
                executor.State = ExecutorState.Registering;
                executor.Deadline = null;
                _state.Touch(executor);
            }
        }
    }

    public void Forget(long stream) => _streams.Remove(stream);

    private void Replace(ExecutorEntry executor, long stream)
    {
        if (executor.Stream is { } old)
        {
            _streams.Remove(old);
            _state.Emit(new AgentEffect.CloseExecutor(old));
        }

        executor.Stream = stream;
        _streams[stream] = executor;
        executor.State = ExecutorState.Running;
        executor.IsAwaited = false;
        executor.Deadline = _state.Now + ExecutorDesk.HeartbeatInterval;
        _state.Touch(executor);
    }

    private void TakeUnacknowledged(ExecutorEntry executor, Call.Types.Subscribe subscribe)
    {
        foreach (var update in subscribe.UnacknowledgedUpdates)
        {
            if (ProblemOf(executor, update.Status) is null)
            {
                Take(executor, update.Status);
            }
        }

        var known = subscribe.UnacknowledgedTasks.Select(static task => task.TaskId.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var task in executor.Tasks.Values.ToArray())
        {
            if (task.Phase == TaskPhase.Running && task.State == TaskState.TaskStaging && !known.Contains(task.Id.Value))
            {
                desks.Endings.Drop(task, Reason.AgentRestarted, "The task was lost on its way to the executor");
            }
        }
    }

    private void Update(long request, ExecutorEntry executor, TaskStatus status)
    {
        if (ProblemOf(executor, status) is { } problem)
        {
            _state.Counters.InvalidStatusUpdates++;
            Reply(request, BadRequest, problem);
            return;
        }

        Take(executor, status);
        Reply(request, Accepted, message: null);
    }

    private static string? ProblemOf(ExecutorEntry executor, TaskStatus status)
    {
        if (status.Uuid.Length != UuidLength)
        {
            return "The update's uuid must have 16 bytes";
        }

        if (status.Source != Source.Executor)
        {
            return "The update's source must be SOURCE_EXECUTOR";
        }

        if (status.State == TaskState.TaskStaging)
        {
            return "TASK_STAGING is the master's own state";
        }

        return status.ExecutorId is { } id && id.Value != executor.Id.Value
            ? "The update names another executor"
            : null;
    }

    private void Take(ExecutorEntry executor, TaskStatus status)
    {
        if (!executor.Tasks.TryGetValue(status.TaskId, out var task))
        {
            // Its end is acknowledged already: let the executor forget it.
            Confirm(executor, status);
            return;
        }

        if (status.Uuid == task.Updates.LastAcknowledged)
        {
            Confirm(executor, status);
            return;
        }

        if (task.Terminal || task.Updates.Knows(status.Uuid))
        {
            return;
        }

        desks.Updates.Append(task, Complete(executor, status));
        if (task.Terminal)
        {
            desks.Endings.End(task, default);
        }
    }

    private void Confirm(ExecutorEntry executor, TaskStatus status)
    {
        if (executor.Stream is { } stream)
        {
            desks.Executors.SendAcknowledged(stream, status);
        }
    }

    private TaskStatus Complete(ExecutorEntry executor, TaskStatus status)
    {
        var complete = status.Clone();
        complete.AgentId = _state.Agent!.Value.ToWire();
        complete.ExecutorId = executor.Id.ToWire();
        if (!complete.HasTimestamp)
        {
            complete.Timestamp = _state.Timestamp;
        }

        complete.ContainerStatus ??= new ContainerStatus();
        complete.ContainerStatus.ContainerId ??= new ContainerID { Value = executor.Container.Value };
        if (complete.ContainerStatus.NetworkInfos.Count == 0)
        {
            complete.ContainerStatus.NetworkInfos.AddRange(executor.Networks);
        }

        return complete;
    }

    private Event Subscribed(ExecutorEntry executor)
    {
        var agent = _state.Options.Info.Clone();
        agent.Id = _state.Agent!.Value.ToWire();
        return new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed
            {
                ExecutorInfo = executor.Info,
                FrameworkInfo = executor.Framework.Info,
                AgentInfo = agent,
                ContainerId = new ContainerID { Value = executor.Container.Value },
            },
        };
    }

    private ExecutorEntry? Find(Call call) =>
        _state.Frameworks.TryGetValue(call.FrameworkId, out var framework)
        && framework.Executors.TryGetValue(call.ExecutorId, out var executor)
            ? executor
            : null;

    private void Reply(long request, int status, string? message) =>
        _state.Emit(new AgentEffect.ReplyToExecutor(request, status, message));
}
