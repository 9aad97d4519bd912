using Google.Protobuf;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Tests;

/// <summary>Smallest messages that say what a test means.</summary>
internal static class Calls
{
    internal static Call Subscribe(string? id = null)
    {
        var call = new Call { Type = Call.Types.Type.Subscribe, Subscribe = Subscription(id) };
        call.FrameworkId = id is null ? null : new FrameworkID { Value = id };
        return call;
    }

    internal static Call.Types.Subscribe Subscription(string? id = null) => new()
    {
        FrameworkInfo = new FrameworkInfo { User = "root", Name = "test", Id = id is null ? null : new FrameworkID { Value = id } },
    };

    internal static Call Message(string text) => new()
    {
        FrameworkId = new FrameworkID { Value = "fw-1" },
        Type = Call.Types.Type.Message,
        Message = new Call.Types.Message
        {
            AgentId = new AgentID { Value = "agent" },
            ExecutorId = new ExecutorID { Value = "executor" },
            Data = ByteString.CopyFromUtf8(text),
        },
    };

    internal static Event Subscribed(string id = "fw-1", double heartbeatSeconds = 15) => new()
    {
        Type = Event.Types.Type.Subscribed,
        Subscribed = new Event.Types.Subscribed { FrameworkId = new FrameworkID { Value = id }, HeartbeatIntervalSeconds = heartbeatSeconds },
    };

    internal static Event Heartbeat { get; } = new() { Type = Event.Types.Type.Heartbeat };

    internal static Event Rescind(string offer) => new()
    {
        Type = Event.Types.Type.Rescind,
        Rescind = new Event.Types.Rescind { OfferId = new OfferID { Value = offer } },
    };

    internal static Event Error(string text) => new()
    {
        Type = Event.Types.Type.Error,
        Error = new Event.Types.Error { Message = text },
    };
}
