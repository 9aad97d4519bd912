using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Book;

internal static class BookWorldExtensions
{
    /// <summary>Acknowledges what is pending of one task, in order, however long ago it was sent.</summary>
    public static List<TaskState> AcknowledgeAllOf(this BookWorld world, string task)
    {
        var states = new List<TaskState>();
        while (world.Snapshot.Executors
            .SelectMany(static pair => pair.Executor.Tasks)
            .FirstOrDefault(entry => entry.Id.Value == task)?.Task is { HasStatusUpdateUuid: true } pending)
        {
            states.Add(pending.StatusUpdateState);
            world.Acknowledge(new TaskStatus { TaskId = pending.TaskId, Uuid = pending.StatusUpdateUuid });
        }

        return states;
    }
}
