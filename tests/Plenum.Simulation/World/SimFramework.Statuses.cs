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

        if (task.IsOver && !MayFollow(task.State, status))
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
        task.IsOver = IsTerminal(status.State);
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
        else if (status.HasUuid && task.IsNowhere && !IsTerminal(status.State))
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
    /// an agent that may come back.
    /// </summary>
    private bool MayFollow(TaskState end, TaskStatus status) =>
        status.State == end
        || (!_isPartitionAware && end == TaskState.TaskLost);

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
