using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Launching;

/// <summary>Takes tasks and task groups from the master and brings their containers up.</summary>
internal sealed class LaunchDesk(Desks desks)
{
    private readonly BookState _state = desks.State;

    public void RunTask(MasterMessage.Types.RunTask message)
    {
        var framework = FrameworkOf(message.Framework);
        var info = message.Task;
        if (framework.Removed || framework.Tasks.ContainsKey(info.TaskId))
        {
            // Removed: nobody is there to be told. Known: a repetition of what is already under way.
            return;
        }

        if (info.Executor is { } custom)
        {
            RunOnExecutor(framework, custom, ContainerKind.Executor, [info], grouped: false);
            return;
        }

        var executor = AddExecutor(
            framework,
            CommandExecutorInfo.For(framework.Info, info),
            ContainerKind.Command,
            _state.MintContainer());
        var task = AddTask(executor, info, executor.Container, group: 0);
        if (!IsPossible(task))
        {
            executor.State = ExecutorState.Terminated;
            return;
        }

        task.Phase = TaskPhase.Launching;
        desks.Updates.Report(task, TaskState.TaskStarting, Source.Executor);
        EmitLaunch(executor, task, info.Resources);
    }

    public void RunTaskGroup(MasterMessage.Types.RunTaskGroup message)
    {
        var framework = FrameworkOf(message.Framework);
        var tasks = message.TaskGroup.Tasks;
        if (framework.Removed || tasks.Any(task => framework.Tasks.ContainsKey(task.TaskId)))
        {
            return;
        }

        var kind = message.Executor.Type == ExecutorInfo.Types.Type.Default
            ? ContainerKind.Pod
            : ContainerKind.Executor;
        RunOnExecutor(framework, message.Executor, kind, tasks, grouped: true);
    }

    public void ContainerStarted(AgentCommand.ContainerStarted command)
    {
        if (!_state.Containers.TryGetValue(command.Container, out var owner))
        {
            // Its task was given up while it started.
            _state.Emit(new AgentEffect.DestroyContainer(command.Container));
            return;
        }

        if (owner.Task is { } task)
        {
            TaskStarted(task, command);
            if (owner.Executor.Kind == ContainerKind.Pod)
            {
                return;
            }
        }

        ExecutorStarted(owner.Executor, command);
    }

    public void ContainerLaunchFailed(AgentCommand.ContainerLaunchFailed command)
    {
        if (!_state.Containers.TryGetValue(command.Container, out var owner))
        {
            return;
        }

        _state.Counters.ContainerLaunchErrors++;
        if (owner.Task is { } task)
        {
            desks.Endings.LaunchFailed(task, command.Reason);
        }
        else
        {
            desks.Executors.LaunchFailed(owner.Executor, command.Reason);
        }
    }

    /// <summary>The tasks of a pod that wait for its holder start now, all of them.</summary>
    public void StartWaiting(ExecutorEntry pod)
    {
        foreach (var task in pod.Tasks.Values)
        {
            if (task.Phase == TaskPhase.Waiting)
            {
                task.Phase = TaskPhase.Launching;
                _state.Touch(task);
                EmitLaunch(pod, task, task.Info.Resources);
            }
        }
    }

    /// <summary>A task runs in its container, now or as found after a restart.</summary>
    public void TaskStarted(TaskEntry task, AgentCommand.ContainerStarted command)
    {
        if (task.Phase == TaskPhase.Ended)
        {
            return;
        }

        task.Phase = TaskPhase.Running;
        task.Pid = command.Pid;
        task.Networks = command.Networks;
        _state.Touch(task);
        if (task.Kill is not null || task.Limitation is not null)
        {
            // Killed or preempted while it started: the abort that was asked for comes too late, ask again.
            _state.Emit(new AgentEffect.DestroyContainer(command.Container));
            return;
        }

        task.RunningSince = _state.Now;
        desks.Checks.Arm(task);
        desks.Updates.Report(task, TaskState.TaskRunning, Source.Executor);
        desks.Kills.ArmCompletion(task);
    }

    public ExecutorEntry AddExecutor(FrameworkEntry framework, ExecutorInfo info, ContainerKind kind, ContainerId container)
    {
        var id = (ExecutorId)info.ExecutorId;
        var executor = new ExecutorEntry
        {
            Framework = framework,
            Id = id,
            Info = info,
            Kind = kind,
            Container = container,
            Sandbox = SandboxPath.Of(_state.Agent!.Value, framework.Id, id, container),
        };
        framework.Executors.Add(id, executor);
        _state.Containers[container] = (executor, null);
        return executor;
    }

    public TaskEntry AddTask(ExecutorEntry executor, TaskInfo info, ContainerId? container, ulong group)
    {
        var task = new TaskEntry
        {
            Executor = executor,
            Info = info,
            Id = info.TaskId,
            Container = container,
            Group = group,
        };
        executor.Tasks.Add(task.Id, task);
        executor.Framework.Tasks.Add(task.Id, task);
        if (container is { } own)
        {
            _state.Containers[own] = (executor, task);
        }

        _state.Touch(task);
        return task;
    }

    private void RunOnExecutor(
        FrameworkEntry framework,
        ExecutorInfo info,
        ContainerKind kind,
        IReadOnlyList<TaskInfo> infos,
        bool grouped)
    {
        var fresh = !framework.Executors.TryGetValue(info.ExecutorId, out var executor);
        executor ??= AddExecutor(framework, Complete(framework, info), kind, _state.MintContainer());
        var group = grouped ? ++executor.Groups : 0;
        var tasks = infos
            .Select(task => AddTask(executor, task, kind == ContainerKind.Pod ? _state.MintContainer() : null, group))
            .ToArray();
        executor.Graphics = fresh ? ExecutorGraphics.AtStart(executor) : executor.Graphics;
        _state.Save(executor);
        if (executor.Kind != kind || executor.State >= ExecutorState.Terminating)
        {
            foreach (var task in tasks)
            {
                desks.Endings.Drop(task, Reason.ExecutorTerminated, "The executor that should take the task is terminating");
            }

            return;
        }

        // All or nothing: one impossible task keeps the whole group from starting.
        if (!tasks.All(IsPossible))
        {
            foreach (var task in tasks.Where(static task => !task.Terminal))
            {
                desks.Endings.Drop(task, Reason.TaskGroupInvalid, "Another task of its group is impossible here");
            }

            if (fresh)
            {
                desks.Executors.TellMaster(executor, status: 0);
                executor.State = ExecutorState.Terminated;
            }

            return;
        }

        if (kind == ContainerKind.Pod)
        {
            foreach (var task in tasks)
            {
                desks.Updates.Report(task, TaskState.TaskStarting, Source.Executor);
            }
        }

        if (fresh)
        {
            EmitLaunch(executor, task: null, SharedLimits.Requests(executor));
        }
        else
        {
            FitLimits(executor);
            if (executor.State == ExecutorState.Running)
            {
                Deliver(executor);
            }
        }
    }

    /// <summary>What its container may take follows the tasks that it has now.</summary>
    public void FitLimits(ExecutorEntry executor) =>
        _state.Emit(new AgentEffect.UpdateLimits(executor.Container, SharedLimits.Requests(executor), SharedLimits.Of(executor)));

    private void Deliver(ExecutorEntry executor)
    {
        if (executor.Kind == ContainerKind.Pod)
        {
            StartWaiting(executor);
        }
        else
        {
            desks.Executors.Deliver(executor);
        }
    }

    private void ExecutorStarted(ExecutorEntry executor, AgentCommand.ContainerStarted command)
    {
        executor.Pid = command.Pid;
        executor.Networks = command.Networks;
        if (executor.State != ExecutorState.Launching)
        {
            if (executor.State >= ExecutorState.Terminating && executor.Kind != ContainerKind.Command)
            {
                _state.Emit(new AgentEffect.DestroyContainer(command.Container));
            }

            return;
        }

        switch (executor.Kind)
        {
            case ContainerKind.Pod:
                executor.State = ExecutorState.Running;
                StartWaiting(executor);
                break;
            case ContainerKind.Executor:
                executor.State = ExecutorState.Registering;
                executor.Deadline = _state.Now + _state.Options.ExecutorRegistrationTimeout;
                _state.Touch(executor);
                break;
            default:
                executor.State = ExecutorState.Running;
                break;
        }
    }

    private void EmitLaunch(ExecutorEntry executor, TaskEntry? task, IReadOnlyList<Resource> resources)
    {
        var nested = task is not null && executor.Kind == ContainerKind.Pod;
        _state.Emit(new AgentEffect.LaunchContainer(new ContainerLaunch
        {
            Container = nested ? task!.Container!.Value : executor.Container,
            Kind = nested ? ContainerKind.PodTask : executor.Kind,
            Parent = nested ? executor.Container : null,
            Agent = _state.Agent!.Value,
            Framework = executor.Framework.Info,
            Executor = executor.Info,
            Task = task?.Info,
            Resources = resources,
            Limits = task is null ? SharedLimits.Of(executor) : SharedLimits.Of(task.Info),
            Sandbox = nested ? SandboxPath.Nested(executor.Sandbox, task!.Container!.Value) : executor.Sandbox,
        }));
    }

    /// <summary>The master validates; what would become a path here is looked at once more all the same.</summary>
    private bool IsPossible(TaskEntry task)
    {
        if (SandboxPath.IsSafe(task.Id.Value)
            && SandboxPath.IsSafe(task.Executor.Id.Value)
            && SandboxPath.IsSafe(task.Framework.Id.Value))
        {
            return HasResourcesOf(task) && HasGraphics(task);
        }

        task.Phase = TaskPhase.Ended;
        desks.Updates.Report(
            task,
            TaskState.TaskError,
            Source.Agent,
            Reason.TaskInvalid,
            "An identity must not be empty, '.' or '..', longer than 255 characters, or contain '/', '\\' or control characters");
        return false;
    }

    // The master counts with an operation before the agent has carried it out; it may have failed here.
    private bool HasResourcesOf(TaskEntry task)
    {
        var used = ResourceSet.FromWire([.. task.Info.Resources, .. task.Executor.Info.Resources]).Unallocated;
        var made = used.WithoutProviders.NeedingCheckpoint.SharedOnce;
        var brought = used - used.WithoutProviders;
        var hasBrought = brought.IsEmpty || desks.Providers.Has(brought.SharedOnce);
        if (hasBrought && _state.Checkpointed.Contains(made))
        {
            return true;
        }

        desks.Endings.Drop(
            task,
            Reason.ResourcesUnknown,
            hasBrought
                ? $"The agent does not have the reservations and volumes that the task uses: {made} of {_state.Checkpointed}"
                : $"The agent's resource providers do not have what the task uses: {brought}");
        return false;
    }

    private bool HasGraphics(TaskEntry task)
    {
        var problem = ExecutorGraphics.Problem(task.Executor, task);
        if (problem is not null)
        {
            desks.Endings.End(task, new Verdict(TaskState.TaskFailed, Source.Agent, Reason.ContainerUpdateFailed, problem));
        }

        return problem is null;
    }

    private FrameworkEntry FrameworkOf(FrameworkInfo info)
    {
        if (_state.Frameworks.TryGetValue(info.Id, out var framework))
        {
            if (!framework.InfoKnown)
            {
                framework.Info = info;
                framework.InfoKnown = true;
                _state.Save(framework);
            }

            return framework;
        }

        framework = new FrameworkEntry(info.Id, info);
        _state.Frameworks.Add(framework.Id, framework);
        _state.Save(framework);
        return framework;
    }

    private static ExecutorInfo Complete(FrameworkEntry framework, ExecutorInfo info)
    {
        if (info.FrameworkId is not null)
        {
            return info;
        }

        var complete = info.Clone();
        complete.FrameworkId = framework.Id.ToWire();
        return complete;
    }
}
