using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Reconciliation;

/// <summary>Answers what a framework asks about its tasks.</summary>
internal sealed class Reconciler(KernelContext context, ClusterBook book)
{
    public void Reconcile(FrameworkEntry framework, Call.Types.Reconcile question)
    {
        if (question.Tasks.Count == 0)
        {
            foreach (var task in framework.Tasks.Values)
            {
                AnswerKnown(framework, task.Record);
            }

            foreach (var ended in framework.Ends.All)
            {
                AnswerKnown(framework, ended);
            }

            framework.Questions.AsksForAll = book.RecoveredAgents > 0;
            return;
        }

        foreach (var asked in question.Tasks)
        {
            Answer(framework, asked.TaskId, asked.AgentId is { } agent ? (AgentId)agent : (AgentId?)null);
        }
    }

    /// <summary>
    /// First match wins: the task is known, or its end; it was on an agent that is lost; its agent
    /// may still come back, and the answer waits for that; then what the agent's standing says. Also the answer to a KILL of an
    /// unknown task.
    /// </summary>
    public void Answer(FrameworkEntry framework, TaskId task, AgentId? agentId)
    {
        if (framework.Tasks.TryGetValue(task, out var known))
        {
            AnswerKnown(framework, known.Record);
            return;
        }

        if (framework.Ends.TryFind(task, out var ended))
        {
            AnswerKnown(framework, ended);
            return;
        }

        // At once, whoever is awaited: an id is not used again while its lost task is remembered, and what is forgotten
        // leaves the registry too.
        if (agentId is null && framework.Unreachable.TryFind(task, out var lost))
        {
            agentId = lost.AgentId;
        }

        var agent = agentId is { } id ? book.FindAgent(id) : null;
        var mayReturn = agentId is null ? book.RecoveredAgents > 0 : agent?.Standing == AgentStanding.Recovered;
        if (mayReturn)
        {
            framework.Questions.Add(task, agentId);
            return;
        }

        var (state, message) = agent?.Standing switch
        {
            AgentStanding.Registered => (TaskState.TaskGone, "the agent does not know the task"),
            AgentStanding.Unreachable => (TaskState.TaskUnreachable, "the agent is unreachable"),
            AgentStanding.Gone => (TaskState.TaskGoneByOperator, "the agent is gone"),
            _ => (TaskState.TaskUnknown, "neither the task nor its agent is known"),
        };
        Send(framework, task, state, $"Reconciliation: {message}", agentId, null, LostTime(agent, state));
    }

    /// <summary>An agent is waited for no longer: it is back with what it has, or given up.</summary>
    public void AgentSettled(AgentEntry agent)
    {
        // 1. What was asked of this agent.
        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var task in framework.Questions.Take(agent.Id))
            {
                Answer(framework, task, agent.Id);
            }
        }

        // 2. All tasks before those without an agent: a framework that asks for all and then for a task that never
        // was takes the second answer as the end of the first.
        foreach (var task in agent.Tasks)
        {
            if (task.Framework.Questions.AsksForAll)
            {
                AnswerKnown(task.Framework, task.Record);
            }
        }

        // 3. Its tasks are looked for among the questions, never the questions among its tasks: thousands of agents come
        // back after a restart, and each framework may have asked for every task of the cluster.
        foreach (var task in agent.Tasks)
        {
            if (task.Framework.Questions.TakeWithoutAgent(task.Id))
            {
                AnswerKnown(task.Framework, task.Record);
            }
        }

        if (book.RecoveredAgents > 0)
        {
            return;
        }

        // 4. The last one answers for all that is left.
        foreach (var framework in book.Frameworks.Values)
        {
            framework.Questions.AsksForAll = false;
            foreach (var task in framework.Questions.TakeAllWithoutAgent())
            {
                Answer(framework, task, null);
            }
        }
    }

    private static DateTimeOffset? LostTime(AgentEntry? agent, TaskState state) =>
        state == TaskState.TaskUnreachable ? agent?.LostTime : null;

    private void AnswerKnown(FrameworkEntry framework, TaskRecord task)
    {
        // What the framework was told last; it acknowledges its way to anything newer.
        var state = task.StatusUpdateState ?? task.State;
        Send(framework, task.Id, state, "Reconciliation: Latest task state", task.AgentId, task, null);
    }

    private void Send(
        FrameworkEntry framework, TaskId id, TaskState state, string message, AgentId? agent, TaskRecord? task, DateTimeOffset? lost)
    {
        var status = new TaskStatus
        {
            TaskId = id.ToWire(),
            State = StatusSender.Translate(framework, state),
            Source = TaskStatus.Types.Source.Master,
            Reason = Reason.Reconciliation,
            Message = message,
            Timestamp = WireTime.Seconds(context.Now),
            AgentId = agent?.ToWire(),
        };
        if (lost is { } time)
        {
            status.UnreachableTime = WireTime.Of(time);
        }

        if (task is not null)
        {
            CopyNewest(task, status);
        }

        context.Send(framework, new Event { Type = Event.Types.Type.Update, Update = new Event.Types.Update { Status = status } });
    }

    // Health, checks and the container's addresses: a framework that lost its own notes lives from these.
    private static void CopyNewest(TaskRecord record, TaskStatus status)
    {
        if (record.ExecutorId is { } executor)
        {
            status.ExecutorId = executor.ToWire();
        }

        if (record.Statuses.IsEmpty)
        {
            return;
        }

        var newest = record.Statuses[^1];
        status.ContainerStatus = newest.ContainerStatus;
        status.CheckStatus = newest.CheckStatus;
        status.Labels = newest.Labels;
        if (newest.HasHealthy)
        {
            status.Healthy = newest.Healthy;
        }
    }
}
