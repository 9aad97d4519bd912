using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using MasterEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Kernel.Tasks;

/// <summary>Puts tasks and executors into the book, changes them and takes them out, with their resources.</summary>
internal sealed class TaskBook(
    KernelContext context, ClusterBook book, Allocator allocator, StatusSender sender, KeptTasks kept)
{
    /// <summary>
    /// Changes of one task that stay readable. A task has a handful of states; health flapping must not
    /// grow without end.
    /// </summary>
    private const int MaxStatuses = 20;

    /// <summary>Resources come from the hand of the ACCEPT at work, or, for a returning agent, from its own word.</summary>
    public TaskEntry Add(TaskRecord record, string role, FrameworkEntry framework, AgentEntry agent, TaskState? endTold = null)
    {
        var task = new TaskEntry(record, role, framework, agent)
        {
            EndTold = endTold,
            AgentIndex = agent.Tasks.Count,
            Booked = WireTime.Seconds(context.Now),
        };
        Invariant.Check(framework.Tasks.TryAdd(task.Id, task), $"task {task.Id} of {framework.Id} is booked twice");
        if (kept.Unshelve(framework, task.Id, agent.Id))
        {
            (task.EndAwaited, task.EndKept) = (true, true);
        }

        agent.Tasks.Add(task);
        task.Slot = book.TaskTable.Add(record);
        framework.Touch();
        agent.Touch();
        if (record.ExecutorId is { } id && agent.Executors.TryGetValue((framework.Id, id), out var executor))
        {
            task.Executor = executor;
            executor.Tasks++;
        }

        // Also of those that came with a returning agent: a reader of the stream has no other way to learn of them.
        context.Publish(new MasterEvent
        {
            Type = MasterEvent.Types.Type.TaskAdded,
            TaskAdded = new MasterEvent.Types.TaskAdded { Task = record.ToWire() },
        });
        return task;
    }

    public ExecutorEntry AddExecutor(ExecutorRecord record, string role, FrameworkEntry framework, AgentEntry agent)
    {
        var executor = new ExecutorEntry(record, role, framework, agent) { FrameworkIndex = framework.Executors.Count };
        Invariant.Check(agent.Executors.TryAdd(executor.Key, executor), $"executor {record.Id} on {agent.Id} is booked twice");
        framework.Executors.Add(executor);
        executor.Slot = book.ExecutorTable.Add(record);
        return executor;
    }

    public void RemoveExecutor(ExecutorEntry executor)
    {
        var (agent, framework) = (executor.Agent, executor.Framework);
        executor.Removed = true;
        Invariant.Check(agent.Executors.Remove(executor.Key), $"executor {executor.Record.Id} on {agent.Id} ends twice");
        var last = framework.Executors[^1];
        framework.Executors[executor.FrameworkIndex] = last;
        last.FrameworkIndex = executor.FrameworkIndex;
        framework.Executors.RemoveAt(framework.Executors.Count - 1);
        book.ExecutorTable.Remove(executor.Slot);
        GiveBack(executor.Record.Resources, executor.Role, framework, agent);
    }

    /// <summary>A status was, or will be, told to the framework. The newest state may be ahead of it.</summary>
    public void Update(TaskEntry task, TaskStatus status, TaskState latest)
    {
        var before = task.Record;

        // A terminal state is final, whatever late or repeated update comes after it.
        var state = TaskStates.IsTerminal(before.State) ? before.State : latest;
        task.Record = before with
        {
            State = state,
            StatusUpdateState = status.State,
            StatusUpdateUuid = status.HasUuid ? status.Uuid : null,
            Statuses = Remember(before, status),
        };
        book.TaskTable.Replace(task.Slot, task.Record);
        if (TaskStates.IsTerminal(state))
        {
            Release(task);
        }

        if (TaskStates.IsTerminal(status.State) && status.HasUuid)
        {
            kept.Told(task);
        }

        if (state != before.State)
        {
            Count(state);
        }

        context.Publish(new MasterEvent
        {
            Type = MasterEvent.Types.Type.TaskUpdated,
            TaskUpdated = new MasterEvent.Types.TaskUpdated
            {
                FrameworkId = task.Framework.Info.Id,
                Status = status,
                State = state,
            },
        });
    }

    /// <summary>
    /// It is over, and the agent will say so until acknowledged. Its resources are free already.
    /// </summary>
    public void EndUntold(TaskEntry task, TaskState state)
    {
        if (!TaskStates.IsTerminal(task.Record.State))
        {
            // Until the agent's own update passes, the framework is answered with what it may know: an end that
            // reconciliation gave away would be followed by the older updates still to come.
            task.Record = task.Record with { State = state, StatusUpdateState = task.Record.StatusUpdateState ?? task.Record.State };
            book.TaskTable.Replace(task.Slot, task.Record);
            Count(state);
        }

        Release(task);
    }

    /// <summary>The master itself knows how it ended: told once, then history.</summary>
    public void EndByMaster(TaskEntry task, TaskState state, TaskStatus.Types.Reason reason, string message)
    {
        var status = sender.Send(task.Framework, new MasterUpdate(task.Id, state, reason, message)
        {
            Agent = task.Agent.Id,
            Executor = task.Record.ExecutorId,
        });
        Update(task, status, status.State);
        Complete(task);
    }

    /// <summary>
    /// Its agent is gone for good. One that ended before keeps its end: a framework that was told FINISHED must not
    /// hear LOST after it, and one that was away then hears it now, since nobody else will say so again.
    /// </summary>
    public void EndWithAgent(TaskEntry task, TaskState state, TaskStatus.Types.Reason reason, string message) =>
        EndByMaster(task, TaskStates.IsTerminal(task.Record.State) ? task.Record.State : state, reason, message);

    /// <summary>Its end is known to the framework: from the book into its history. The id may be used again.</summary>
    public void Complete(TaskEntry task)
    {
        kept.Forget(task);
        Remove(task);
        task.Framework.Completed.Add(task.Record, out _);
    }

    /// <summary>Out of the book without a trace in the history.</summary>
    public void Remove(TaskEntry task)
    {
        Release(task);
        Invariant.Check(task.Framework.Tasks.Remove(task.Id), $"task {task.Id} of {task.Framework.Id} ends twice");
        var tasks = task.Agent.Tasks;
        var last = tasks[^1];
        tasks[task.AgentIndex] = last;
        last.AgentIndex = task.AgentIndex;
        tasks.RemoveAt(tasks.Count - 1);
        book.TaskTable.Remove(task.Slot);
        task.Framework.Touch();
        if (task.Executor is { } executor)
        {
            executor.Tasks--;
            if (executor is { Exited: true, Removed: false, Tasks: 0 })
            {
                RemoveExecutor(executor);
            }
        }
    }

    public void Release(TaskEntry task)
    {
        if (task.HoldsResources)
        {
            task.HoldsResources = false;
            GiveBack(task.Record.Resources, task.Role, task.Framework, task.Agent);
        }
    }

    public void Count(TaskState state)
    {
        var counters = context.Counters;
        switch (state)
        {
            case TaskState.TaskFinished: counters.TasksFinished++; break;
            case TaskState.TaskFailed: counters.TasksFailed++; break;
            case TaskState.TaskKilled: counters.TasksKilled++; break;
            case TaskState.TaskLost: counters.TasksLost++; break;
            case TaskState.TaskError: counters.TasksError++; break;
            case TaskState.TaskDropped: counters.TasksDropped++; break;
            case TaskState.TaskGone: counters.TasksGone++; break;
            case TaskState.TaskGoneByOperator: counters.TasksGoneByOperator++; break;
            case TaskState.TaskUnreachable: counters.TasksUnreachable++; break;
            default: break;
        }
    }

    private static System.Collections.Immutable.ImmutableArray<TaskStatus> Remember(TaskRecord before, TaskStatus status)
    {
        var statuses = before.Statuses;
        var kept = status;
        if (status.HasData)
        {
            // Delivered but never stored: executors put megabytes into it.
            kept = status.Clone();
            kept.ClearData();
        }

        // Only changes of state make an entry; health and check results replace the newest one.
        if (!statuses.IsEmpty && statuses[^1].State == kept.State)
        {
            return statuses.SetItem(statuses.Length - 1, kept);
        }

        return (statuses.Length >= MaxStatuses ? statuses.RemoveAt(0) : statuses).Add(kept);
    }

    private void GiveBack(ResourceSet resources, string role, FrameworkEntry framework, AgentEntry agent)
    {
        agent.ReleaseUsed(resources);
        framework.Used.Subtract(agent.Id, resources);
        framework.Touch();
        book.Roles.Unallocate(framework, agent, role, resources);
        allocator.RequestSoon(agent);
    }
}
