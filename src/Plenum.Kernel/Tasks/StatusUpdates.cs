using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tasks;

/// <summary>
/// Updates from agents to frameworks and acknowledgements back. The agent repeats an update until it is
/// acknowledged, so the master may drop one at any time and keeps no queue.
/// </summary>
internal sealed class StatusUpdates(
    KernelContext context, ClusterBook book, TaskBook tasks, StatusSender sender, KeptTasks kept)
{
    public void FromAgent(AgentEntry agent, AgentMessage.Types.StatusUpdate update)
    {
        context.Counters.StatusUpdates++;
        FrameworkId id = update.FrameworkId;
        var status = update.Status;
        if (!book.Frameworks.TryGetValue(id, out var framework))
        {
            context.Counters.InvalidStatusUpdates++;
            FromRemovedFramework(agent, id, status);
            return;
        }

        context.Counters.ValidStatusUpdates++;
        var latest = update.HasLatestState ? update.LatestState : status.State;
        framework.Tasks.TryGetValue(status.TaskId, out var task);
        if (task is not null && task.Agent != agent)
        {
            // The framework used the id again after this one was reported lost. Two tasks under one name
            // would confuse it, and the name belongs to the newer.
            Acknowledge(agent, update.FrameworkId, status.TaskId, status.Uuid);
            return;
        }

        if (task is not null)
        {
            if (task.Executor is { } executor && IsStart(task, status, latest))
            {
                // An executor that the agent reported ended was started anew for this task.
                executor.Exited = false;
            }

            if (task.KilledByDrain && status.State is TaskState.TaskKilling or TaskState.TaskKilled or TaskState.TaskGoneByOperator)
            {
                status.Reason = TaskStatus.Types.Reason.AgentDraining;
            }

            if (task.PreemptedFor is { } why)
            {
                SayPreempted(status, why);
            }

            if (task.EndTold is { } told)
            {
                if (!TaskStates.IsTerminal(status.State))
                {
                    // The agent goes on to the end only when what came before it is acknowledged.
                    Acknowledge(agent, update.FrameworkId, status.TaskId, status.Uuid);
                    return;
                }

                status.State = told;
            }

            latest = task.AsEnded(latest);
            tasks.Update(task, status, latest);
        }
        else if (KeptTasks.FindPreempted(framework, status.TaskId, status.Uuid) is not null)
        {
            // The framework acknowledged it; that has not reached the agent.
            SayPreempted(status, KeptTasks.ForgottenReason);
        }

        if (status.State == TaskState.TaskKilling && !framework.Capabilities.TaskKillingState)
        {
            // Unknown to this framework; nobody else would acknowledge it and the next update waits for that.
            Acknowledge(agent, update.FrameworkId, status.TaskId, status.Uuid);
            return;
        }

        // Updates of tasks the master does not know are passed on as well: the framework may.
        sender.Forward(framework, status);
    }

    public void FromFramework(FrameworkEntry framework, Call.Types.Acknowledge acknowledge)
    {
        // The agent repeats the update when the acknowledgement cannot reach it.
        if (book.FindAgent(acknowledge.AgentId) is not { Active: true } agent)
        {
            AcknowledgeShelved(framework, acknowledge);
            context.Counters.InvalidAcknowledgements++;
            return;
        }

        context.Counters.ValidAcknowledgements++;
        Acknowledge(agent, framework.Info.Id, acknowledge.TaskId, acknowledge.Uuid);
        if (framework.Tasks.TryGetValue(acknowledge.TaskId, out var task)
            && task.Agent == agent
            && task.Record is { StatusUpdateState: { } told, StatusUpdateUuid: { } uuid }
            && TaskStates.IsTerminal(told)
            && uuid.Equals(acknowledge.Uuid))
        {
            tasks.Complete(task);
        }
    }

    /// <summary>The agent is away and will say it again when it is back; until then nobody needs to ask.</summary>
    private void AcknowledgeShelved(FrameworkEntry framework, Call.Types.Acknowledge acknowledge)
    {
        if (framework.Ends.TryFind(acknowledge.TaskId, out var shelved) && acknowledge.Uuid.Equals(shelved.StatusUpdateUuid))
        {
            kept.Take(framework, shelved.Id);
        }
    }

    // Only the first sign of life counts, and not of a task that has ended since or was there before the executor's end:
    // each may be older than that end, and an executor thought alive for it would hold its resources for ever.
    private static bool IsStart(TaskEntry task, TaskStatus status, TaskState latest) =>
        task is { Record.State: TaskState.TaskStaging, HasArrived: false }
        && status.State is (TaskState.TaskStarting or TaskState.TaskRunning)
        && !TaskStates.IsTerminal(latest);

    private static void SayPreempted(TaskStatus status, string why)
    {
        if (status.State is TaskState.TaskKilling or TaskState.TaskKilled)
        {
            status.State = TaskEntry.AsPreempted(status.State);
            status.Reason = TaskStatus.Types.Reason.ContainerPreempted;
            status.Message = $"Preempted: {why}";
        }
    }

    private void FromRemovedFramework(AgentEntry agent, FrameworkId framework, TaskStatus status)
    {
        if (!book.RemovedFrameworks.ContainsKey(framework))
        {
            context.Note($"Update of task {status.TaskId.Value} of unknown framework {framework} on {agent.Id} dropped");
            return;
        }

        // Nobody is left to acknowledge, and without it the agent would repeat the update for ever.
        var wire = framework.ToWire();
        Acknowledge(agent, wire, status.TaskId, status.Uuid);
        context.Send(agent, new MasterMessage { ShutdownFramework = new MasterMessage.Types.ShutdownFramework { FrameworkId = wire } });
    }

    private void Acknowledge(AgentEntry agent, FrameworkID framework, TaskID task, ByteString uuid) =>
        context.Send(agent, new MasterMessage
        {
            AcknowledgeStatus = new MasterMessage.Types.AcknowledgeStatus { FrameworkId = framework, TaskId = task, Uuid = uuid },
        });
}
