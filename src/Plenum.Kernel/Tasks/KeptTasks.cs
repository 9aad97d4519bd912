using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tasks;

/// <summary>
/// Tasks in the registry, so that the next master answers a framework's questions without waiting for agents: those of
/// lost agents, and ends that were told and are not acknowledged. Mesos keeps neither, and is silent for ten minutes
/// (mesos.md 8.1).
/// </summary>
internal sealed class KeptTasks(KernelContext context, ClusterBook book)
{
    /// <summary>Who needed the room of a task whose end was told before: neither agent nor registry keeps that.</summary>
    public const string ForgottenReason = "a more important role needed its room";

    /// <summary>
    /// Ends that one look writes: a restart brings all that wait for an acknowledgement at once, and a second of ordinary
    /// ones is half a megabyte, and 64 of the largest that <see cref="KeptWire"/> makes.
    /// </summary>
    private const int MaxKeptInOneLook = 1_000;

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
        var kept = 0;
        while (kept < MaxKeptInOneLook && _awaited.TryPeek(out var first) && first.Due <= context.Now)
        {
            _awaited.Dequeue();
            kept += Keep(first.Task) ? 1 : 0;
        }

        if (_awaited.TryPeek(out var next))
        {
            var soonest = context.Now + LookInterval;
            SetLook(next.Due > soonest ? next.Due : soonest);
        }
    }

    private void SetLook(DateTimeOffset due) => context.Deadlines.Set(DeadlineKind.UnacknowledgedEnds, null, 0, due);

    /// <summary>
    /// True when it was written. One framework's are as many as its shelf takes, or the next master could not take them
    /// all in: the agents of those beyond it say them again.
    /// </summary>
    private bool Keep(TaskEntry task)
    {
        if (!task.EndKept
            && task.Framework.Tasks.GetValueOrDefault(task.Id) == task
            && book.Frameworks.GetValueOrDefault(task.Framework.Id) == task.Framework
            && task.Framework.KeptEnds.Count < context.Options.MaxUnreachableTasksPerFramework)
        {
            task.EndKept = true;
            task.Framework.KeptEnds.Add(task.Id);
            context.Write(RegistryKeys.OfEnd(task.Framework.Id, task.Id), KeptWire.End(task.Record));
            return true;
        }

        return false;
    }

    /// <summary>The task leaves the book for good: acknowledged, or nobody is left to do so.</summary>
    public void Forget(TaskEntry task)
    {
        if (task.EndKept)
        {
            task.EndKept = false;
            Delete(task.Framework, task.Id);
        }
    }

    /// <summary>Its agent is lost before the framework acknowledged its end: questions about it are answered with that.</summary>
    public void Shelve(TaskEntry task)
    {
        Keep(task);
        task.EndKept = false;
        Shelve(task.Framework, task.Record);
    }

    /// <summary>An end that an earlier master wrote.</summary>
    public void Restore(FrameworkEntry framework, TaskRecord task)
    {
        framework.KeptEnds.Add(task.Id);
        Shelve(framework, task);
    }

    private void Shelve(FrameworkEntry framework, TaskRecord task)
    {
        if (framework.Ends.Add(task) is { } evicted)
        {
            Delete(framework, evicted.Id);
        }
    }

    /// <summary>
    /// Its name is a running task's again: the agent is back with it, or the framework used the id once more. True when
    /// this very end is in the registry.
    /// </summary>
    public bool Unshelve(FrameworkEntry framework, TaskId task, AgentId agent)
    {
        // Whatever becomes of the lost namesake says nothing of this one.
        framework.Unreachable.Remove(task);
        if (!framework.Ends.TryFind(task, out var shelved))
        {
            return false;
        }

        framework.Ends.Remove(task);
        if (shelved.AgentId == agent)
        {
            return framework.KeptEnds.Contains(task);
        }

        Delete(framework, task);
        return false;
    }

    /// <summary>
    /// The end of a task that was preempted, when the agent's newest update of it, <paramref name="told"/>, was passed on as
    /// such. The agent says KILLED, and says it again when it was lost or the acknowledgement was; the framework must not
    /// hear that after GONE.
    /// </summary>
    public static TaskRecord? FindPreempted(FrameworkEntry framework, TaskId task, ByteString told)
    {
        if (framework.Ends.TryFind(task, out var shelved))
        {
            return Is(shelved) ? shelved : null;
        }

        foreach (var ended in framework.Completed.Entries)
        {
            if (ended.Id == task && Is(ended))
            {
                return ended;
            }
        }

        return null;

        bool Is(TaskRecord ended) => ended.State == TaskState.TaskGone && told.Equals(ended.StatusUpdateUuid);
    }

    /// <summary>
    /// The end of a task that the master told by itself because the agent was removed. Should that agent come back, let in
    /// again with its machine, it goes on with what was not acknowledged before. Not LOST: that says only that the cluster
    /// does not know, and the agent does.
    /// </summary>
    public static TaskRecord? FindTold(FrameworkEntry framework, TaskId task, AgentId agent)
    {
        // The newest of that name is lost, and nobody has told its end: an end of an older one says nothing of it.
        if (framework.Unreachable.Contains(task))
        {
            return null;
        }

        if (!framework.Ends.TryFind(task, out var told))
        {
            // Oldest first: an older namesake says nothing of this one.
            foreach (var ended in framework.Completed.Entries)
            {
                told = ended.Id == task ? ended : told;
            }
        }

        return told is { StatusUpdateUuid: null, StatusUpdateState: { } state }
            && told.AgentId == agent && TaskStates.IsTerminal(state) && state != TaskState.TaskLost
            ? told
            : null;
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
        Delete(framework, task);
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
                Delete(framework, task.Id);
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
            Delete(framework, task.Id);
        }
    }

    /// <summary>
    /// What runs, as far as is known, on an agent that is lost now. Not those that the framework has lost too many others
    /// after to be remembered at all.
    /// </summary>
    public void WriteLost(AgentEntry agent, List<TaskRecord> tasks)
    {
        var lost = tasks.FindAll(task =>
            book.Frameworks.TryGetValue(task.FrameworkId, out var framework) && framework.Unreachable.Contains(task.Id));
        if (lost.Count > 0)
        {
            agent.HasLostTasks = true;
            var entry = KeptWire.Lost(lost, out var left);
            context.Write(RegistryKeys.OfLostTasks(agent.Id), entry);
            if (left > 0)
            {
                context.Note($"{left} tasks of the lost agent {agent.Id} are too many to keep: after a restart nobody knows of them until it is back");
            }
        }
    }

    /// <summary>
    /// A framework has lost so many tasks since that these were forgotten, and their ids may be used again: the next master
    /// must not take them for lost.
    /// </summary>
    public void WithoutForgotten(IReadOnlySet<AgentId> agents)
    {
        if (agents.Count == 0)
        {
            return;
        }

        var left = agents.ToDictionary(static agent => agent, static _ => new List<TaskRecord>());
        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var task in framework.Unreachable.All)
            {
                if (left.TryGetValue(task.AgentId, out var tasks))
                {
                    tasks.Add(task);
                }
            }
        }

        foreach (var (id, tasks) in left)
        {
            if (book.Agents.TryGetValue(id, out var agent))
            {
                if (tasks.Count == 0)
                {
                    ForgetLost(agent);
                }

                WriteLost(agent, tasks);
            }
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

    private void Delete(FrameworkEntry framework, TaskId task)
    {
        if (framework.KeptEnds.Remove(task))
        {
            context.Delete(RegistryKeys.OfEnd(framework.Id, task));
        }
    }
}
