using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Kernel.Agents;

/// <summary>
/// Makes the book agree with what an agent says runs on it. Its word is the truth: whatever was sent on an
/// earlier link and is not in its report never arrived.
/// </summary>
/// <remarks>
/// Unlike in Mesos, tasks of frameworks without <c>checkpoint</c> survive a broken link too: Plenum's agent
/// keeps every task over its own restart, so there is nothing to declare lost.
/// </remarks>
internal sealed class AgentReturn(
    KernelContext context,
    ClusterBook book,
    TaskBook tasks,
    TaskCalls calls,
    FrameworkDesk frameworks,
    StatusSender sender,
    OperationUpdates operations,
    KeptTasks kept)
{
    public void TakeIn(AgentEntry agent, AgentMessage.Types.Register report, bool wasUnreachable)
    {
        var shutDown = new HashSet<FrameworkId>();

        // 1. Executors first, so that tasks find theirs.
        var executors = new HashSet<(FrameworkId, ExecutorId)>();
        foreach (var executor in report.Executors)
        {
            if (Resolve(executor.FrameworkId, report, shutDown) is { } framework)
            {
                executors.Add((framework.Id, executor.ExecutorId));
                TakeExecutor(agent, framework, executor);
            }
        }

        // 2. Tasks it has.
        var reported = new HashSet<TaskEntry>();
        foreach (var task in report.Tasks)
        {
            if (Resolve(task.FrameworkId, report, shutDown) is { } framework
                && TakeTask(agent, framework, task, wasUnreachable) is { } entry)
            {
                reported.Add(entry);
            }
        }

        // 3. Tasks it should have and has not.
        EndMissing(agent, reported);
        if (wasUnreachable)
        {
            EndUnreturned(agent);
            kept.ForgetLost(agent);
        }

        kept.EndAllOf(agent.Id);

        RemoveEndedExecutors(agent, executors);

        // 4. Operations on their way, or not acknowledged yet.
        operations.TakeIn(agent, report.Operations);

        // 5. What belongs to removed frameworks goes.
        foreach (var framework in shutDown)
        {
            context.Send(agent, new MasterMessage
            {
                ShutdownFramework = new MasterMessage.Types.ShutdownFramework { FrameworkId = framework.ToWire() },
            });
        }
    }

    private static ResourceSet Read(IEnumerable<Resource> wire, FrameworkEntry framework, out string role)
    {
        var resources = ResourceSet.FromWire(wire);
        var roles = resources.AllocationRoles;
        // An old agent says no role; a framework may have left all of its own (found by the fuzzer, seed 2).
        role = roles.Count > 0 ? roles[0] : framework.Roles.Count > 0 ? framework.Roles[0] : "*";
        return resources.WithAllocationWhereMissing(role);
    }

    /// <summary>Null for a removed framework, which then is to be shut down there.</summary>
    private FrameworkEntry? Resolve(FrameworkId id, AgentMessage.Types.Register report, HashSet<FrameworkId> shutDown)
    {
        if (book.Frameworks.TryGetValue(id, out var framework))
        {
            return framework;
        }

        if (book.RemovedFrameworks.ContainsKey(id))
        {
            shutDown.Add(id);
            return null;
        }

        foreach (var info in report.Frameworks)
        {
            if (info.Id is { } wire && (FrameworkId)wire == id)
            {
                return Recover(info);
            }
        }

        // Without its description its tasks still count, and it can still subscribe.
        context.Note($"An agent runs tasks of framework {id} and does not describe it");
        return Recover(new FrameworkInfo { Id = id.ToWire(), Name = id.Value, User = string.Empty });
    }

    private FrameworkEntry Recover(FrameworkInfo info)
    {
        var framework = frameworks.Recover(info, context.Now);
        context.Write(framework);
        return framework;
    }

    private void TakeExecutor(AgentEntry agent, FrameworkEntry framework, ExecutorInfo info)
    {
        if (agent.Executors.ContainsKey((framework.Id, info.ExecutorId)))
        {
            return;
        }

        var resources = Read(info.Resources, framework, out var role);
        Use(agent, framework, role, resources);
        tasks.AddExecutor(new ExecutorRecord(framework.Id, info.ExecutorId, agent.Id, info, resources), role, framework, agent);
    }

    private TaskEntry? TakeTask(AgentEntry agent, FrameworkEntry framework, WireTask wire, bool wasUnreachable)
    {
        var (id, executor) = TaskWire.Ids(wire);
        if (framework.Tasks.TryGetValue(id, out var known))
        {
            return known.Agent == agent ? Confirm(known, wire) : KillDuplicate(agent, framework, wire);
        }

        var resources = Read(wire.Resources, framework, out var role);
        var holds = !TaskStates.IsTerminal(wire.State);
        if (holds)
        {
            Use(agent, framework, role, resources);
        }

        // Its end keeps the word it was told with.
        var preempted = wire is { State: TaskState.TaskKilled, HasStatusUpdateUuid: true }
            ? KeptTasks.FindPreempted(framework, id, wire.StatusUpdateUuid)
            : null;
        var told = holds ? null : KeptTasks.FindTold(framework, id, agent.Id);
        var ended = preempted ?? told;
        var task = tasks.Add(
            new TaskRecord
            {
                FrameworkId = framework.Id,
                Id = id,
                AgentId = agent.Id,
                ExecutorId = executor,
                Definition = wire,
                Resources = resources,
                State = ended?.State ?? wire.State,
                StatusUpdateState = ended?.StatusUpdateState ?? (wire.HasStatusUpdateState ? wire.StatusUpdateState : null),
                StatusUpdateUuid = told is null && wire.HasStatusUpdateUuid ? wire.StatusUpdateUuid : null,
                Statuses = ended?.Statuses ?? [.. wire.Statuses],
            },
            role,
            framework,
            agent,
            told?.StatusUpdateState);
        task.HoldsResources = holds;
        task.HasArrived = true;
        task.PreemptedFor = wire.State == TaskState.TaskKilled && ended?.State == TaskState.TaskGone ? KeptTasks.ForgottenReason : null;

        // An end that is told, and waits for an acknowledgement the last master may not have heard.
        if (task.Record.StatusUpdateState is { } said && TaskStates.IsTerminal(said))
        {
            kept.Told(task);
        }

        // The end of a task is told by the agent, which repeats it until acknowledged.
        if (wasUnreachable && holds)
        {
            sender.Send(framework, new MasterUpdate(id, wire.State, Reason.AgentReregistered, "The agent is back with the task")
            {
                Agent = agent.Id,
                Executor = executor,
            });
        }

        return task;
    }

    private TaskEntry Confirm(TaskEntry task, WireTask wire)
    {
        task.HasArrived = true;
        if (TaskStates.IsTerminal(wire.State))
        {
            tasks.EndUntold(task, task.AsEnded(wire.State));
        }
        else if (task.KillRequested && !IsEndedByItsAgent(task))
        {
            calls.SendKill(task);
        }

        return task;
    }

    /// <summary>
    /// Only the drain wants its end, and the agent is told of that: a kill before it would be taken for the
    /// framework's, and a custom executor would be asked twice.
    /// </summary>
    private static bool IsEndedByItsAgent(TaskEntry task) =>
        task is { KilledByDrain: true, KillAsked: false, Agent.Drain.State: DrainState.Draining }
        && task.Agent.Can(AgentInfo.Types.Capability.Types.Type.AgentDraining);

    /// <summary>
    /// The framework was told that this task is lost and has used its id again elsewhere. The newer one
    /// keeps the name.
    /// </summary>
    private TaskEntry? KillDuplicate(AgentEntry agent, FrameworkEntry framework, WireTask wire)
    {
        context.Note($"Task {wire.TaskId.Value} of {framework.Id} on returning agent {agent.Id} has a namesake elsewhere and is killed");
        context.Send(agent, new MasterMessage
        {
            KillTask = new MasterMessage.Types.KillTask { FrameworkId = framework.Info.Id, TaskId = wire.TaskId },
        });
        return null;
    }

    private void EndMissing(AgentEntry agent, HashSet<TaskEntry> reported)
    {
        foreach (var task in new List<TaskEntry>(agent.Tasks))
        {
            if (reported.Contains(task))
            {
                continue;
            }

            tasks.EndWithAgent(task, TaskState.TaskDropped, Reason.Reconciliation, "The agent came back without the task");
        }
    }

    private void EndUnreturned(AgentEntry agent)
    {
        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var task in framework.Unreachable.TakeAllOf(agent.Id))
            {
                var status = sender.Send(
                    framework,
                    new MasterUpdate(task.Id, TaskState.TaskGone, Reason.Reconciliation, "The agent came back without the task")
                    {
                        Agent = agent.Id,
                        Executor = task.ExecutorId,
                    });
                tasks.Count(status.State);
                framework.Completed.Add(task with { State = status.State, StatusUpdateState = status.State }, out _);
                framework.Touch();
            }
        }
    }

    private void RemoveEndedExecutors(AgentEntry agent, HashSet<(FrameworkId, ExecutorId)> reported)
    {
        foreach (var executor in new List<ExecutorEntry>(agent.Executors.Values))
        {
            if (reported.Contains(executor.Key))
            {
                executor.Exited = false;
                continue;
            }

            tasks.RemoveExecutor(executor);
            context.Send(executor.Framework, new Event
            {
                Type = Event.Types.Type.Failure,
                Failure = new Event.Types.Failure
                {
                    AgentId = agent.Id.ToWire(),
                    ExecutorId = executor.Record.Id.ToWire(),
                    Status = -1,
                },
            });
        }
    }

    private void Use(AgentEntry agent, FrameworkEntry framework, string role, ResourceSet resources)
    {
        agent.UseAsReported(resources);
        framework.Used.Add(agent.Id, resources);
        framework.Touch();
        book.Roles.Allocate(framework, agent, role, resources);
    }
}
