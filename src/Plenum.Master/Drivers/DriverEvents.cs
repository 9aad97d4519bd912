using Google.Protobuf;
using Plenum.Http.Libprocess;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Drivers;

/// <summary>
/// Events as the messages that old drivers know. Where a message names an agent's process the master names
/// itself: it takes acknowledgements and messages to executors for every agent, and keeps them in order with
/// the calls.
/// </summary>
internal sealed class DriverEvents(Upid master)
{
    private readonly string _master = master.ToString();

    /// <summary>Null when drivers have no word for it: heartbeats, inverse offers, status of operations.</summary>
    public IMessage? Translate(FrameworkID? framework, Event message) => message.Type switch
    {
        Event.Types.Type.Offers => Offers(message.Offers),
        Event.Types.Type.Rescind => new RescindResourceOfferMessage { OfferId = message.Rescind.OfferId },
        Event.Types.Type.Update => Update(framework, message.Update.Status),
        Event.Types.Type.Failure when message.Failure.ExecutorId is null =>
            new LostSlaveMessage { SlaveId = message.Failure.AgentId },
        Event.Types.Type.Failure => new ExitedExecutorMessage
        {
            SlaveId = message.Failure.AgentId,
            FrameworkId = framework,
            ExecutorId = message.Failure.ExecutorId,
            Status = message.Failure.Status,
        },
        Event.Types.Type.Message => new ExecutorToFrameworkMessage
        {
            SlaveId = message.Message.AgentId,
            FrameworkId = framework,
            ExecutorId = message.Message.ExecutorId,
            Data = message.Message.Data,
        },
        Event.Types.Type.Error => Error(message.Error.Message),
        _ => null,
    };

    /// <summary>
    /// A scheduler that comes back in the same process is told that it is registered again; a new process is
    /// told that it is registered, with the id it came with. Schedulers start their work on the one or the other.
    /// </summary>
    public static IMessage Subscribed(Event.Types.Subscribed subscribed, bool again) => again
        ? new FrameworkReregisteredMessage { FrameworkId = subscribed.FrameworkId, MasterInfo = subscribed.MasterInfo }
        : new FrameworkRegisteredMessage { FrameworkId = subscribed.FrameworkId, MasterInfo = subscribed.MasterInfo };

    public static FrameworkErrorMessage Error(string reason) => new() { Message = reason };

    private ResourceOffersMessage Offers(Event.Types.Offers offers)
    {
        var message = new ResourceOffersMessage { Offers = { offers.Offers_ } };
        foreach (var _ in offers.Offers_)
        {
            message.Pids.Add(_master);
        }

        return message;
    }

    private StatusUpdateMessage Update(FrameworkID? framework, TaskStatus status)
    {
        var update = new StatusUpdate
        {
            FrameworkId = framework,
            ExecutorId = status.ExecutorId,
            SlaveId = status.AgentId,
            Status = status,
            Timestamp = status.Timestamp,
            LatestState = status.State,
        };
        var message = new StatusUpdateMessage { Update = update };

        // An update of the master's own is not acknowledged: no uuid, and no pid.
        if (status.HasUuid)
        {
            update.Uuid = status.Uuid;
            message.Pid = _master;
        }

        return message;
    }
}
