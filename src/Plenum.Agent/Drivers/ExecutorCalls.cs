using Plenum.Protocol.Driver;
using Call = Plenum.Protocol.V1.Executor.Call;

namespace Plenum.Agent.Drivers;

/// <summary>What executors of the old driver say, as the calls of the v1 API that mean the same.</summary>
internal static class ExecutorCalls
{
    public static Call Of(RegisterExecutorMessage message) => new()
    {
        Type = Call.Types.Type.Subscribe,
        FrameworkId = message.FrameworkId,
        ExecutorId = message.ExecutorId,
        Subscribe = new Call.Types.Subscribe(),
    };

    public static Call Of(ReregisterExecutorMessage message) => new()
    {
        Type = Call.Types.Type.Subscribe,
        FrameworkId = message.FrameworkId,
        ExecutorId = message.ExecutorId,
        Subscribe = new Call.Types.Subscribe
        {
            UnacknowledgedTasks = { message.Tasks },
            UnacknowledgedUpdates = { message.Updates.Select(static update => new Call.Types.Update { Status = StatusOf(update) }) },
        },
    };

    /// <summary>An update that names no executor is that of the command task whose name the executor has.</summary>
    public static Call Of(StatusUpdate update) => new()
    {
        Type = Call.Types.Type.Update,
        FrameworkId = update.FrameworkId,
        ExecutorId = update.ExecutorId ?? new Protocol.V1.ExecutorID { Value = update.Status.TaskId.Value },
        Update = new Call.Types.Update { Status = StatusOf(update) },
    };

    public static Call Of(ExecutorToFrameworkMessage message) => new()
    {
        Type = Call.Types.Type.Message,
        FrameworkId = message.FrameworkId,
        ExecutorId = message.ExecutorId,
        Message = new Call.Types.Message { Data = message.Data },
    };

    /// <summary>Drivers give the uuid beside the status (before 0.23 only there), and leave the source to the agent.</summary>
    private static TaskStatus StatusOf(StatusUpdate update)
    {
        var status = update.Status;
        status.Source = TaskStatus.Types.Source.Executor;
        if (update.HasUuid)
        {
            status.Uuid = update.Uuid;
        }

        if (!status.HasTimestamp)
        {
            status.Timestamp = update.Timestamp;
        }

        return status;
    }
}
