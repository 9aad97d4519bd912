using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Simulation.World;

// What it hears of its tasks, and what may follow what.
internal sealed partial class SimFramework
{
    private void Take(TaskStatus status)
    {
        if (!Tasks.TryGetValue(status.TaskId, out var task))
        {
            throw new SimulationFailureException($"{Name} hears {status.State} of {status.TaskId.Value}, which it never launched");
        }

        // Messages of one connection are in order: had the offer ended before, it would have been said before.
        if (status.Reason == Reason.InvalidOffers && task.Connection == _connection && !_rescinded.Contains(task.Offer))
        {
            throw new SimulationFailureException($"{Name} cannot launch {task.Id} on {task.Offer}, which was never rescinded: {status.Message}");
        }

        if (task.IsOver && IsLateAnswer(status))
        {
            return;
        }

        if (task.IsOver && !MayFollow(task, status))
        {
            throw new SimulationFailureException(
                $"{Name} was told that {task.Id} is {task.State} and now hears {status.State} ({status.Source}, {status.Reason})");
        }

        if (status.HasUuid)
        {
            var rank = Rank(status.State);
            if (rank < task.Rank)
            {
                throw new SimulationFailureException($"{Name} hears {status.State} of {task.Id} after a later update");
            }

            task.Rank = rank;
        }

        MustNotBeFromNowhere(task, status);
        task.State = status.State;
        task.IsOver = IsTerminal(status.State)
            || (status.State == TaskState.TaskUnknown && cluster.PutDown.Contains(task.Agent));
        if (status.Reason == Reason.ContainerPreempted || IsKnownGone(status))
        {
            Preempted += task.PreemptedBy is null ? 1 : 0;
            task.PreemptedBy = _connection!.Master;
        }

        if (status is { Reason: Reason.AgentRemoved, HasUuid: false } && task.IsOver)
        {
            task.EndToldBy = _connection!.Master;
        }

        if (status.HasUuid)
        {
            Acknowledge(status);
            if (world.Fault(0.1))
            {
                // Once more, and late: by then another update may be the one that waits.
                world.After(world.Between(0.01, 3), string.Empty, () => Acknowledge(status));
            }
        }
    }

    /// <summary>A task that the leading master called unknown to all does not run on an agent afterwards.</summary>
    private void MustNotBeFromNowhere(TaskView task, TaskStatus status)
    {
        if (status.State == TaskState.TaskUnknown)
        {
            task.IsNowhere |= _connection?.Master == cluster.Leader;
        }
        else if (status.HasUuid && task.IsNowhere && !IsTerminal(status.State) && !cluster.PutDown.Contains(task.Agent))
        {
            throw new SimulationFailureException($"{Name} was told that nobody knows {task.Id} and now hears {status.State}");
        }
    }

    private void Acknowledge(TaskStatus status) => Send(new Call
    {
        Type = Call.Types.Type.Acknowledge,
        Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
    });

    /// <summary>
    /// An end is final. The one exception is LOST for frameworks that are not partition aware: it also stands for
    /// an agent that may come back. Two more are documented. What ended for a more important role says KILLED when another
    /// master takes over before the registry has its end; one that is there says GONE, as the look at the registry shows.
    /// And an agent that never heard that its machine went down is let in again once the machine is up, with tasks that are
    /// LOST to their frameworks: Mesos refuses agents of machines that are down, and no others (mesos.md 4.7), LOST says
    /// no more than that the cluster does not know, and to end what runs on a machine the operator wants at work would make
    /// it worse. Such an agent goes on with what was not acknowledged before; the master that told the end of a task for it
    /// keeps that from the framework, and one that took over meanwhile does not know that there is anything to keep.
    /// </summary>
    private bool MayFollow(TaskView task, TaskStatus status) =>
        status.State == task.State
        || (!_isPartitionAware && task.State == TaskState.TaskLost)
        || (task.PreemptedBy is { } master && master != _connection!.Master && status.State == TaskState.TaskKilled)
        || (task.EndToldBy is { } teller && teller != _connection!.Master && cluster.PutDown.Contains(task.Agent))
        || (task.State is TaskState.TaskLost or TaskState.TaskUnknown && cluster.PutDown.Contains(task.Agent));

    /// <summary>The book has the task, and it ended as no agent says it: for a more important role.</summary>
    private static bool IsKnownGone(TaskStatus status) =>
        status is { State: TaskState.TaskGone, Reason: Reason.Reconciliation, Message: "Reconciliation: Latest task state" };

    /// <summary>
    /// "I do not know it (any more)", to a question asked before its end was heard of. States of a known task
    /// are no such answer: the master would contradict itself.
    /// </summary>
    private static bool IsLateAnswer(TaskStatus status) =>
        status is { Source: TaskStatus.Types.Source.Master, Reason: Reason.Reconciliation }
        && status.State is (TaskState.TaskGone or TaskState.TaskGoneByOperator or TaskState.TaskLost or TaskState.TaskUnreachable or TaskState.TaskUnknown);

    private static int Rank(TaskState state) => state switch
    {
        TaskState.TaskStaging => 0,
        TaskState.TaskStarting => 1,
        TaskState.TaskRunning => 2,
        TaskState.TaskKilling => 3,
        _ => 4,
    };

    private static bool IsTerminal(TaskState state) => state is not (TaskState.TaskStaging or TaskState.TaskStarting
        or TaskState.TaskRunning or TaskState.TaskKilling or TaskState.TaskUnreachable or TaskState.TaskUnknown);
}
