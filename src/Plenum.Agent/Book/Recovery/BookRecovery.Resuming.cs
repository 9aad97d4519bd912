using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.State;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Book.Recovery;

/// <summary>What was read from the checkpoints goes on from where its container is.</summary>
internal sealed partial class BookRecovery
{
    private void Resume(TaskEntry task, TaskCheckpoint record)
    {
        if (record.Ended || task.Terminal)
        {
            // Nothing is left to be killed: a deadline would force the kill again and again, and each time put the
            // record of a task that is long closed back on the disk.
            task.Kill?.Deadline = null;
            if (task.Executor.Kind == ContainerKind.Command)
            {
                task.Executor.State = ExecutorState.Terminated;
            }

            if (task.Container is { } rest && _state.Containers.Remove(rest) && _found.ContainsKey(rest))
            {
                _state.Emit(new AgentEffect.DestroyContainer(rest));
            }

            if (task.Framework.Removed || task.Updates.Head is null)
            {
                desks.Endings.Close(task);
            }

            return;
        }

        if (task.Container is not { } container)
        {
            task.Kill?.Deadline = null;
            return;
        }

        // Of an executor without a readable record. One that was ended for a limit has its container until that is gone.
        if (task.Executor.EndCause is { Limitation: null })
        {
            _state.Containers.Remove(container);
            _state.Emit(new AgentEffect.DestroyContainer(container));
            desks.Endings.End(task, Verdict.Of(task, new ContainerEnd(Status: null)));
        }
        else if (!_found.TryGetValue(container, out var found))
        {
            _state.Containers.Remove(container);
            Lose(task);
        }
        else if (found.End is { } end)
        {
            _state.Containers.Remove(container);
            _state.Emit(new AgentEffect.DestroyContainer(container));
            desks.Endings.End(task, Verdict.Of(task, end));
        }
        else
        {
            Continue(task, record, found);
        }
    }

    private void Continue(TaskEntry task, TaskCheckpoint record, RecoveredContainer found)
    {
        if (task.Executor.Kind == ContainerKind.Command)
        {
            task.Executor.State = ExecutorState.Running;
            task.Executor.Pid = found.Pid;
            task.Executor.Networks = found.Networks;
        }

        if (task.RunningSince is null)
        {
            // It came up, but the agent went down before it could say so.
            desks.Launches.TaskStarted(task, new AgentCommand.ContainerStarted(found.Container, found.Pid, found.Networks));
            return;
        }

        task.Pid = found.Pid;
        task.Networks = found.Networks;
        desks.Checks.Resume(task, record.EverHealthy);
        desks.Kills.ArmCompletion(task);
        desks.Kills.Resume(task);
        if (task.Limitation is not null)
        {
            _state.Emit(new AgentEffect.DestroyContainer(found.Container));
        }

        if (task.Framework.Removed && task.Kill is null)
        {
            desks.Executors.Shutdown(task.Executor);
        }
    }

    private void Resume(ExecutorEntry executor, bool terminating)
    {
        if (!executor.Framework.Executors.ContainsKey(executor.Id))
        {
            return;
        }

        if (!_found.TryGetValue(executor.Container, out var found))
        {
            desks.Executors.ContainerExited(
                executor,
                new ContainerEnd(Status: null, Message: "The executor's container did not outlive the agent's restart"));
        }
        else if (found.End is { } end)
        {
            desks.Endings.ContainerExited(executor.Container, end);
        }
        else if (terminating || executor.Framework.Removed)
        {
            executor.Pid = found.Pid;
            desks.Executors.Destroy(executor, ExecutorEndCause.Terminated);
        }
        else
        {
            Continue(executor, found);
        }
    }

    private void Continue(ExecutorEntry executor, RecoveredContainer found)
    {
        executor.Pid = found.Pid;
        executor.Networks = found.Networks;
        if (executor.Kind == ContainerKind.Executor)
        {
            executor.State = ExecutorState.Registering;
            executor.IsAwaited = true;
            executor.Deadline = _state.Now + _state.Options.ExecutorReregistrationTimeout;
            _state.Touch(executor);
            if (executor.DriverPid is { } pid)
            {
                _state.Emit(new AgentEffect.ReconnectExecutor(pid, _state.Agent!.Value.ToWire()));
            }

            return;
        }

        executor.State = ExecutorState.Running;
        if (executor.Tasks.Values.All(static task => task.Phase == TaskPhase.Ended))
        {
            desks.Executors.Destroy(executor, ExecutorEndCause.Terminated);
        }
    }

    private void Lose(TaskEntry task)
    {
        if (task.RunningSince is null && task.Kill is null)
        {
            desks.Endings.Drop(task, Reason.AgentRestarted, "The launch was lost when the agent restarted");
            return;
        }

        desks.Endings.End(task, Verdict.Of(task, new ContainerEnd(
            Status: null,
            Message: "The task's container did not outlive the agent's restart")));
    }
}
