using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Registry.V1;

namespace Plenum.Kernel.Tasks;

/// <summary>
/// Tasks in the registry, so that the next master answers a framework's questions without waiting for agents: those of
/// lost agents, and ends that were told and are not acknowledged. Mesos keeps neither, and is silent for ten minutes
/// (mesos.md 8.1).
/// </summary>
internal sealed class KeptTasks(KernelContext context, ClusterBook book)
{
    /// <summary>
    /// A framework at work acknowledges within milliseconds and its tasks' ends cost no write; only those it leaves
    /// lying are kept.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks while ends come in: thousands a second must not make as many.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Queue<(TaskEntry Task, DateTimeOffset Due)> _awaited = new();

    /// <summary>An end was, or would have been, told to the framework.</summary>
    public void Told(TaskEntry task)
    {
        if (!task.EndAwaited)
        {
            task.EndAwaited = true;
            _awaited.Enqueue((task, context.Now + Patience));
            if (_awaited.Count == 1)
            {
                SetLook(context.Now + Patience);
            }
        }
    }

    /// <summary>Those not acknowledged for a while are written. Their states are final: what is written once stays true.</summary>
    public void Look()
    {
        while (_awaited.TryPeek(out var first) && first.Due <= context.Now)
        {
            _awaited.Dequeue();
            Keep(first.Task);
        }

        if (_awaited.TryPeek(out var next))
        {
            var soonest = context.Now + LookInterval;
            SetLook(next.Due > soonest ? next.Due : soonest);
        }
    }

    private void SetLook(DateTimeOffset due) => context.Deadlines.Set(DeadlineKind.UnacknowledgedEnds, null, 0, due);

    private void Keep(TaskEntry task)
    {
        if (!task.EndKept
            && task.Framework.Tasks.GetValueOrDefault(task.Id) == task
            && book.Frameworks.GetValueOrDefault(task.Framework.Id) == task.Framework)
        {
            task.EndKept = true;
            context.Write(RegistryKeys.OfEnd(task.Framework.Id, task.Id), Entry(task.Record));
        }
    }

    /// <summary>The task leaves the book for good: acknowledged, or nobody is left to do so.</summary>
    public void Forget(TaskEntry task)
    {
        if (task.EndKept)
        {
            task.EndKept = false;
            context.Delete(RegistryKeys.OfEnd(task.Framework.Id, task.Id));
        }
    }

    /// <summary>Its agent is lost before the framework acknowledged its end: questions about it are answered with that.</summary>
    public void Shelve(TaskEntry task)
    {
        Keep(task);
        task.EndKept = false;
        if (task.Framework.Ends.Add(task.Record) is { } evicted)
        {
            context.Delete(RegistryKeys.OfEnd(task.Framework.Id, evicted.Id));
        }
    }

    /// <summary>The agent is back with it, or the id is used again. True when this very end is in the registry.</summary>
    public bool Unshelve(FrameworkEntry framework, TaskId task, AgentId agent)
    {
        if (!framework.Ends.TryFind(task, out var shelved))
        {
            return false;
        }

        framework.Ends.Remove(task);
        if (shelved.AgentId == agent)
        {
            return true;
        }

        context.Delete(RegistryKeys.OfEnd(framework.Id, task));
        return false;
    }

    /// <summary>Null for a task that is not on the shelf; else it is off it, and out of the registry.</summary>
    public TaskRecord? Take(FrameworkEntry framework, TaskId task)
    {
        if (!framework.Ends.TryFind(task, out var shelved))
        {
            return null;
        }

        framework.Ends.Remove(task);
        framework.Touch();
        context.Delete(RegistryKeys.OfEnd(framework.Id, task));
        return shelved;
    }

    /// <summary>Nobody will come back with these: their ends are history.</summary>
    public void EndAllOf(AgentId agent)
    {
        foreach (var framework in book.Frameworks.Values)
        {
            if (framework.Ends.Count == 0)
            {
                continue;
            }

            foreach (var task in framework.Ends.TakeAllOf(agent))
            {
                context.Delete(RegistryKeys.OfEnd(framework.Id, task.Id));
                framework.Completed.Add(task, out _);
                framework.Touch();
            }
        }
    }

    /// <summary>The framework is removed: nobody asks any more.</summary>
    public void ForgetAllOf(FrameworkEntry framework)
    {
        foreach (var task in framework.Ends.All)
        {
            context.Delete(RegistryKeys.OfEnd(framework.Id, task.Id));
        }
    }

    /// <summary>What runs, as far as is known, on an agent that is lost now.</summary>
    public void WriteLost(AgentEntry agent, List<TaskRecord> tasks)
    {
        if (tasks.Count > 0)
        {
            agent.HasLostTasks = true;
            var entry = new RegistryLostTasks();
            entry.Tasks.AddRange(tasks.Select(static task => task.ToWire()));
            context.Write(RegistryKeys.OfLostTasks(agent.Id), entry);
        }
    }

    public void ForgetLost(AgentEntry agent)
    {
        if (agent.HasLostTasks)
        {
            agent.HasLostTasks = false;
            context.Delete(RegistryKeys.OfLostTasks(agent.Id));
        }
    }

    private static RegistryTask Entry(TaskRecord task) => new() { Task = task.ToWire() };
}
