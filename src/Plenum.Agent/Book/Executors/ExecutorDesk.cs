using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Executors;

/// <summary>Pod holders and custom executors as a whole: delivery, shutdown, end.</summary>
internal sealed class ExecutorDesk(Desks desks)
{
    /// <summary>Mesos' interval of HEARTBEAT events to executors (mesos.md 3.6).</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMinutes(30);

    private readonly BookState _state = desks.State;

    public void Shutdown(ExecutorEntry executor)
    {
        if (executor.Kind != ContainerKind.Executor)
        {
            foreach (var task in executor.Tasks.Values.ToArray())
            {
                desks.Kills.Kill(task, policy: null, Cause.ExecutorShutdown);
            }

            return;
        }

        if (executor.State >= ExecutorState.Terminating)
        {
            return;
        }

        var cause = executor.EndCause ?? ExecutorEndCause.Terminated;
        if (executor.Stream is not { } stream)
        {
            Destroy(executor, cause);
            return;
        }

        executor.EndCause = cause;
        executor.State = ExecutorState.Terminating;
        executor.Deadline = _state.Now + (executor.Info.ShutdownGracePeriod is { } grace
            ? WireTime.Span(grace)
            : _state.Options.ExecutorShutdownGrace);
        _state.Touch(executor);
        _state.Save(executor);
        _state.Emit(new AgentEffect.SendToExecutor(stream, new Event { Type = Event.Types.Type.Shutdown }));
    }

    public void Destroy(ExecutorEntry executor, ExecutorEndCause cause)
    {
        executor.EndCause ??= cause;
        executor.State = ExecutorState.Terminating;
        executor.Deadline = null;
        _state.Touch(executor);
        _state.Save(executor);
        _state.Emit(new AgentEffect.DestroyContainer(executor.Container));
    }

    /// <summary>Its container exceeds a limit: all that is in it ends with that reason.</summary>
    public void Limited(ExecutorEntry executor, ContainerLimitation limitation)
    {
        if (executor.State < ExecutorState.Terminating)
        {
            executor.EndCause = ExecutorEndCause.Limited(limitation);
            CountPreemption(limitation);
        }

        if (executor.EndCause is { } cause && (cause.Limitation is not null || limitation.IsPreemption))
        {
            // What was lent is not waited for until a shutdown's grace is over.
            Destroy(executor, cause);
        }
    }

    public void CountPreemption(ContainerLimitation limitation)
    {
        if (limitation.IsPreemption)
        {
            _state.Counters.ExecutorsPreempted++;
        }
    }

    public void LaunchFailed(ExecutorEntry executor, string reason)
    {
        var wanted = executor.State < ExecutorState.Terminating;
        TellMaster(executor, status: 0);
        Terminated(executor);
        foreach (var task in executor.Tasks.Values.ToArray())
        {
            if (task.Phase != TaskPhase.Ended)
            {
                desks.Endings.End(task, wanted
                    ? new Verdict(TaskState.TaskFailed, Source.Agent, Reason.ContainerLaunchFailed, reason)
                    : Verdict.Of(task, new ContainerEnd(Status: null, Message: reason)));
            }
        }

        desks.Endings.CloseWhenDone(executor);
    }

    public void ContainerExited(ExecutorEntry executor, ContainerEnd end)
    {
        // A pod whose tasks are all over was ended by the agent: for its framework that is exit 0, as
        // Mesos' default executor leaves.
        var normal = executor.Kind == ContainerKind.Pod && executor.State == ExecutorState.Terminating;
        TellMaster(executor, normal ? 0 : end.Status ?? 0);
        executor.EndCause ??= CauseOf(end);
        Terminated(executor);
        foreach (var task in executor.Tasks.Values.ToArray())
        {
            EndWithExecutor(task, end);
        }

        desks.Endings.CloseWhenDone(executor);
    }

    /// <summary>
    /// The master keeps the executor's own resources booked until it hears this, also of one that never came up.
    /// </summary>
    public void TellMaster(ExecutorEntry executor, int status) => desks.Link.Send(new AgentMessage
    {
        ExecutorExited = new AgentMessage.Types.ExecutorExited
        {
            FrameworkId = executor.Framework.Id.ToWire(),
            ExecutorId = executor.Id.ToWire(),
            Status = status,
        },
    });

    /// <summary>Queued tasks go to a subscribed custom executor: groups as one event each, single tasks one by one.</summary>
    public void Deliver(ExecutorEntry executor)
    {
        if (executor.Stream is not { } stream)
        {
            return;
        }

        var queued = executor.Tasks.Values.Where(static task => task.Phase == TaskPhase.Waiting).ToArray();
        foreach (var task in queued)
        {
            task.Phase = TaskPhase.Running;
            _state.Touch(task);
            if (task.Group == 0)
            {
                _state.Emit(new AgentEffect.SendToExecutor(stream, new Event
                {
                    Type = Event.Types.Type.Launch,
                    Launch = new Event.Types.Launch { Task = task.Info },
                }));
            }
        }

        foreach (var group in queued.Where(static task => task.Group != 0).GroupBy(static task => task.Group))
        {
            _state.Emit(new AgentEffect.SendToExecutor(stream, new Event
            {
                Type = Event.Types.Type.LaunchGroup,
                LaunchGroup = new Event.Types.LaunchGroup
                {
                    TaskGroup = new TaskGroupInfo { Tasks = { group.Select(static task => task.Info) } },
                },
            }));
        }
    }

    /// <summary>Kill of a task that its custom executor has. Without a stream it is asked when the executor is back.</summary>
    public void Kill(TaskEntry task, KillPolicy? policy)
    {
        task.Kill ??= new KillState(Cause.Requested, _state.Now) { Deadline = null };
        _state.Touch(task);
        if (task.Executor.Stream is { } stream)
        {
            _state.Emit(new AgentEffect.SendToExecutor(stream, new Event
            {
                Type = Event.Types.Type.Kill,
                Kill = new Event.Types.Kill { TaskId = task.Info.TaskId, KillPolicy = policy ?? task.Info.KillPolicy },
            }));
        }
    }

    public void Acknowledged(TaskEntry task, TaskStatus update)
    {
        if (task.Executor is { Kind: ContainerKind.Executor, Stream: { } stream })
        {
            SendAcknowledged(stream, update);
        }
    }

    public void SendAcknowledged(long stream, TaskStatus update) =>
        _state.Emit(new AgentEffect.SendToExecutor(stream, new Event
        {
            Type = Event.Types.Type.Acknowledged,
            Acknowledged = new Event.Types.Acknowledged { TaskId = update.TaskId, Uuid = update.Uuid },
        }));

    public void FrameworkMessage(MasterMessage.Types.FrameworkMessage message)
    {
        if (_state.Frameworks.TryGetValue(message.FrameworkId, out var framework)
            && framework.Executors.TryGetValue(message.ExecutorId, out var executor)
            && executor.Stream is { } stream)
        {
            _state.Counters.ValidFrameworkMessages++;
            _state.Emit(new AgentEffect.SendToExecutor(stream, new Event
            {
                Type = Event.Types.Type.Message,
                Message = new Event.Types.Message { Data = message.Data },
            }));
        }
        else
        {
            _state.Counters.InvalidFrameworkMessages++;
        }
    }

    /// <summary>As the kills of tasks: a SHUTDOWN that was held up leaves the executor its whole grace.</summary>
    public void DelayShutdowns(TimeSpan by)
    {
        foreach (var executor in _state.Frameworks.Values.SelectMany(static framework => framework.Executors.Values))
        {
            if (executor is { State: ExecutorState.Terminating, Deadline: not null })
            {
                executor.Deadline += by;
                _state.Touch(executor);
            }
        }
    }

    public void DeadlineReached(ExecutorEntry executor)
    {
        switch (executor.State)
        {
            case ExecutorState.Registering:
                Destroy(executor, executor.IsAwaited ? ExecutorEndCause.NotBackAfterRestart : ExecutorEndCause.NeverSubscribed);
                break;
            case ExecutorState.Terminating:
                Destroy(executor, ExecutorEndCause.Terminated);
                break;
            case ExecutorState.Running when executor.Stream is { } stream:
                executor.Deadline = _state.Now + HeartbeatInterval;
                _state.Touch(executor);
                _state.Emit(new AgentEffect.SendToExecutor(stream, new Event { Type = Event.Types.Type.Heartbeat }));
                break;
            default:
                executor.Deadline = null;
                break;
        }
    }

    private static ExecutorEndCause CauseOf(ContainerEnd end) => end.OutOfMemory
        ? ExecutorEndCause.Limited(MemoryLimitation.Of(end.MemoryLimitBytes, end.MemoryPeakBytes))
        : ExecutorEndCause.Terminated with
        {
            Message = end.Status is { } status
                ? $"The executor ended: {ExitText.Of(status)}"
                : end.Message ?? "The executor's container is gone",
        };

    private void EndWithExecutor(TaskEntry task, ContainerEnd end)
    {
        if (task.Phase == TaskPhase.Ended)
        {
            return;
        }

        if (task.Container is { } container && task.Phase is TaskPhase.Launching or TaskPhase.Running)
        {
            // Its own container lives on without its holder; its exit is what ends the task.
            _state.Emit(new AgentEffect.DestroyContainer(container));
            return;
        }

        desks.Endings.End(task, Verdict.Of(task, end));
    }

    private void Terminated(ExecutorEntry executor)
    {
        if (executor.Stream is { } stream)
        {
            _state.Emit(new AgentEffect.CloseExecutor(stream));
            desks.ExecutorCalls.Forget(stream);
            executor.Stream = null;
        }

        executor.State = ExecutorState.Terminated;
        _state.Counters.ExecutorsTerminated++;
        executor.Deadline = null;
        _state.Containers.Remove(executor.Container);
        _state.Touch(executor);
        _state.Save(executor);
    }
}
