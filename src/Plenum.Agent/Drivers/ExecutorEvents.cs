using Google.Protobuf;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1.Executor;

namespace Plenum.Agent.Drivers;

/// <summary>Events to an executor as the messages that the old driver knows.</summary>
internal static class ExecutorEvents
{
    public static IMessage Subscribed(Event.Types.Subscribed subscribed, bool again) => again
        ? new ExecutorReregisteredMessage { SlaveId = subscribed.AgentInfo.Id, SlaveInfo = subscribed.AgentInfo }
        : new ExecutorRegisteredMessage
        {
            ExecutorInfo = subscribed.ExecutorInfo,
            FrameworkId = subscribed.FrameworkInfo.Id,
            FrameworkInfo = subscribed.FrameworkInfo,
            SlaveId = subscribed.AgentInfo.Id,
            SlaveInfo = subscribed.AgentInfo,
        };

    /// <summary>Null when drivers have no word for it: heartbeats, and groups of tasks.</summary>
    public static IMessage? Translate(Event.Types.Subscribed about, Event message)
    {
        var framework = about.FrameworkInfo.Id;
        return message.Type switch
        {
            Event.Types.Type.Launch => new RunTaskMessage
            {
                FrameworkId = framework,
                Framework = about.FrameworkInfo,
                Task = message.Launch.Task,
            },
            Event.Types.Type.Kill => new KillTaskMessage
            {
                FrameworkId = framework,
                TaskId = message.Kill.TaskId,
                KillPolicy = message.Kill.KillPolicy,
            },
            Event.Types.Type.Acknowledged => new StatusUpdateAcknowledgementMessage
            {
                SlaveId = about.AgentInfo.Id,
                FrameworkId = framework,
                TaskId = message.Acknowledged.TaskId,
                Uuid = message.Acknowledged.Uuid,
            },
            Event.Types.Type.Message => new FrameworkToExecutorMessage
            {
                SlaveId = about.AgentInfo.Id,
                FrameworkId = framework,
                ExecutorId = about.ExecutorInfo.ExecutorId,
                Data = message.Message.Data,
            },
            Event.Types.Type.Shutdown => new ShutdownExecutorMessage
            {
                FrameworkId = framework,
                ExecutorId = about.ExecutorInfo.ExecutorId,
            },
            _ => null,
        };
    }
}
