using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.Recovery;
using Plenum.Agent.Book.Snapshots;
using Plenum.Agent.Book.State;
using Plenum.Protocol.V1;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book;

/// <summary>
/// Ends of containers and tasks: what is reported, what else ends with them, and when an entry leaves
/// the book.
/// </summary>
internal sealed class EndingDesk(Desks desks)
{
    private readonly BookState _state = desks.State;

    public void ContainerExited(ContainerId container, ContainerEnd end)
    {
        // What is left of it (bundle, root file system, cgroup) goes in any case.
        _state.Emit(new AgentEffect.DestroyContainer(container));
        if (!_state.Containers.Remove(container, out var owner))
        {
            return;
        }

        if (owner.Task is { } task)
        {
            if (task.Phase != TaskPhase.Ended)
            {
                End(task, Verdict.Of(task, end));
            }
        }
        else
        {
            desks.Executors.ContainerExited(owner.Executor, end);
        }
    }

    /// <summary>
    /// The container goes at once, without grace, as Mesos ends it. Whoever measures asks again while it is not gone. A task
    /// that is being killed ends by that kill, and one that starts has not exceeded anything yet; but what was lent is taken
    /// back from both at once.
    /// </summary>
    public void ContainerLimited(ContainerId container, ContainerLimitation limitation)
    {
        if (!_state.Containers.TryGetValue(container, out var owner))
        {
            return;
        }

        if (owner.Task is not { } task)
        {
            desks.Executors.Limited(owner.Executor, limitation);
        }
        else if (task.Phase == TaskPhase.Ended || (!limitation.IsPreemption && (task.Phase != TaskPhase.Running || task.Kill is not null)))
        {
            return;
        }
        else
        {
            if (task.Limitation is null && task.Kill is null)
            {
                task.Limitation = limitation;
                desks.Executors.CountPreemption(limitation);
            }

            _state.Touch(task);
            _state.Emit(new AgentEffect.DestroyContainer(container));
        }
    }

    public void LaunchFailed(TaskEntry task, string reason)
    {
        _state.Containers.Remove(task.Container!.Value);
        if (task.Phase == TaskPhase.Ended)
        {
            return;
        }

        End(task, task.Kill is null && task.Limitation is null && task.Executor.EndCause is null
            ? new Verdict(TaskState.TaskFailed, Source.Agent, Reason.ContainerLaunchFailed, reason)
            : Verdict.Of(task, new ContainerEnd(Status: null, Message: reason)));
    }

    /// <summary>The agent never started it: DROPPED, or LOST for frameworks that do not know that word.</summary>
    public void Drop(TaskEntry task, Reason reason, string message) => End(task, new Verdict(
        task.Framework.PartitionAware ? TaskState.TaskDropped : TaskState.TaskLost,
        Source.Agent,
        reason,
        message));

    /// <summary>Nothing of the task runs any more (or never did): report it, and end what must not outlive it.</summary>
    public void End(TaskEntry task, Verdict verdict)
    {
        task.Phase = TaskPhase.Ended;
        task.CompletionDeadline = null;
        task.Health?.NextAt = null;
        task.Check?.NextAt = null;
        task.Kill?.Deadline = null;
        if (!task.Terminal)
        {
            desks.Updates.Report(task, verdict.State, verdict.Source, verdict.Reason, verdict.Message, verdict.Exceeded);
        }

        _state.Touch(task);
        var executor = task.Executor;
        if (executor.Kind == ContainerKind.Command)
        {
            executor.State = ExecutorState.Terminated;
            _state.Counters.ExecutorsTerminated++;
        }

        if (task.Framework.Removed)
        {
            Close(task);
        }

        if (executor.Kind == ContainerKind.Pod)
        {
            PodTaskEnded(executor, task);
        }

        if (GoesOnWithLess(executor))
        {
            desks.Launches.FitLimits(executor);
        }
    }

    /// <summary>The terminal update is acknowledged, or nobody is left to do so: the task becomes history.</summary>
    public void Close(TaskEntry task)
    {
        if (!task.Framework.Tasks.Remove(task.Id))
        {
            return;
        }

        var executor = task.Executor;
        executor.Tasks.Remove(task.Id);
        task.Updates.ResendAt = null;
        _state.Delete(CheckpointKeys.Task(task.Framework.Id, task.Id));
        _state.Touch(task, save: false);
        executor.Completed.Add(SnapshotBuilder.Task(task));
        CloseWhenDone(executor);
    }

    public void CloseWhenDone(ExecutorEntry executor)
    {
        if (executor.State != ExecutorState.Terminated || executor.Tasks.Count > 0)
        {
            return;
        }

        var framework = executor.Framework;
        if (!framework.Executors.Remove(executor.Id))
        {
            return;
        }

        executor.Deadline = null;
        _state.Touch(executor);
        _state.Containers.Remove(executor.Container);
        if (executor.Kind != ContainerKind.Command)
        {
            _state.Delete(CheckpointKeys.Executor(framework.Id, executor.Id));
        }

        framework.Completed.Add(SnapshotBuilder.Executor(executor));
        CloseWhenDone(framework);
    }

    public void ShutdownFramework(FrameworkEntry framework)
    {
        if (!framework.Removed)
        {
            framework.Removed = true;
            _state.Save(framework);
            foreach (var task in framework.Tasks.Values.ToArray())
            {
                task.Updates.Pending.Clear();
                task.Updates.ResendAt = null;
                _state.Touch(task);
                if (task.Phase == TaskPhase.Ended)
                {
                    Close(task);
                }
            }
        }

        foreach (var executor in framework.Executors.Values.ToArray())
        {
            desks.Executors.Shutdown(executor);
        }

        CloseWhenDone(framework);
    }

    /// <summary>The master refuses this agent: no grace, no reports, no memory.</summary>
    public void EndEverything()
    {
        foreach (var framework in _state.Frameworks.Values.ToArray())
        {
            foreach (var task in framework.Tasks.Values)
            {
                task.Updates.ResendAt = null;
                task.CompletionDeadline = null;
                task.Health?.NextAt = null;
                task.Check?.NextAt = null;
                task.Kill?.Deadline = null;
                _state.Delete(CheckpointKeys.Task(framework.Id, task.Id));
                _state.Touch(task, save: false);
            }

            foreach (var executor in framework.Executors.Values)
            {
                executor.Deadline = null;
                _state.Touch(executor);
                _state.Delete(CheckpointKeys.Executor(framework.Id, executor.Id));
            }

            _state.Delete(CheckpointKeys.Framework(framework.Id));
        }

        foreach (var container in _state.Containers.Keys)
        {
            _state.Emit(new AgentEffect.DestroyContainer(container));
        }

        _state.Containers.Clear();
        _state.Frameworks.Clear();
        _state.Delete(CheckpointKeys.Agent);
    }

    // What the ended task had is offered again. Not when the others end as well: it would be work for nothing.
    private static bool GoesOnWithLess(ExecutorEntry executor) =>
        executor is { Kind: not ContainerKind.Command, State: ExecutorState.Running, EndCause: null }
        && executor.Tasks.Values.Any(static task => !task.Terminal && task.Kill is null);

    private void CloseWhenDone(FrameworkEntry framework)
    {
        if (framework.Executors.Count == 0 && _state.Frameworks.Remove(framework.Id))
        {
            _state.Delete(CheckpointKeys.Framework(framework.Id));
            _state.CompletedFrameworks.Add(SnapshotBuilder.Framework(framework));
        }
    }

    // A task that ends other than FINISHED takes the rest of its own group with it; other groups of the
    // pod go on. With the last task the holder goes (mesos.md 6.10).
    private void PodTaskEnded(ExecutorEntry pod, TaskEntry ended)
    {
        if (pod.State == ExecutorState.Terminated || pod.EndCause is not null)
        {
            // The holder went first, or all of it is being ended: that, not the group's end, is what the tasks report.
            return;
        }

        if (ended.State != TaskState.TaskFinished)
        {
            foreach (var task in pod.Tasks.Values.ToArray())
            {
                if (task.Group == ended.Group && task.Phase != TaskPhase.Ended)
                {
                    desks.Kills.Kill(task, policy: null, Cause.Group);
                }
            }
        }

        if (pod.State < ExecutorState.Terminating
            && pod.Tasks.Values.All(static task => task.Phase == TaskPhase.Ended))
        {
            pod.State = ExecutorState.Terminating;
            _state.Save(pod);
            _state.Emit(new AgentEffect.DestroyContainer(pod.Container));
        }
    }
}
