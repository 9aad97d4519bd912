using Plenum.Agent.Book.Checkpoints;

namespace Plenum.Agent.Book.Recovery;

/// <summary>What a container is being ended for, as the records of tasks and of executors keep it.</summary>
internal static class LimitationRecord
{
    public static TaskCheckpoint.Types.Limitation? Write(ContainerLimitation? limitation) => limitation is null
        ? null
        : new()
        {
            Reason = limitation.Reason,
            Message = limitation.Message,
            Resources = { limitation.Resources },
        };

    public static ContainerLimitation? Read(TaskCheckpoint.Types.Limitation? record) =>
        record is null ? null : new(record.Reason, record.Message, [.. record.Resources]);
}
