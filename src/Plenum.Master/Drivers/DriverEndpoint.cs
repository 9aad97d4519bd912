using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Http.Access;
using Plenum.Http.Libprocess;
using Plenum.Master.Routing;
using Plenum.Protocol.Driver;
using DriverCall = Plenum.Protocol.Driver.Call;

namespace Plenum.Master.Drivers;

/// <summary>Where messages of old drivers come in, as libprocess sends them: <c>POST /master/NAME</c>.</summary>
internal sealed partial class DriverEndpoint(DriverSessions sessions, ILogger logger)
{
    private readonly PeerReceiver _receiver = new(logger);

    public IEnumerable<MasterRoute> Routes() =>
    [
        On(DriverCall.Parser, ReceiveAsync),
        On(RegisterFrameworkMessage.Parser, RegisterAsync),
        On(ReregisterFrameworkMessage.Parser, ReregisterAsync),
        On(DeactivateFrameworkMessage.Parser, (from, message) =>
            sessions.DeactivateAsync(from, message.FrameworkId.Value)),
        On(UnregisterFrameworkMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(ResourceRequestMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(LaunchTasksMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(ReviveOffersMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(KillTaskMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(StatusUpdateAcknowledgementMessage.Parser, (from, message) =>
            sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(FrameworkToExecutorMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(ReconcileTasksMessage.Parser, (from, message) => sessions.ReceiveAsync(from, DriverCalls.Of(message))),
        On(AuthenticateMessage.Parser, AuthenticateAsync),
    ];

    private Task ReceiveAsync(Upid from, DriverCall message)
    {
        var call = DriverCalls.Of(message);
        return call.Type == Protocol.V1.Scheduler.Call.Types.Type.Subscribe
            ? sessions.SubscribeAsync(from, call, message.Subscribe is { Force: true })
            : sessions.ReceiveAsync(from, call);
    }

    private Task RegisterAsync(Upid from, RegisterFrameworkMessage message)
    {
        var call = DriverCalls.Subscribe(message.Framework);
        if (call.FrameworkId is not null)
        {
            sessions.Tell(from, DriverEvents.Error("Registering with 'id' already set"));
            return Task.CompletedTask;
        }

        return sessions.SubscribeAsync(from, call, force: false);
    }

    private Task ReregisterAsync(Upid from, ReregisterFrameworkMessage message)
    {
        var call = DriverCalls.Subscribe(message.Framework);
        if (call.FrameworkId is null)
        {
            sessions.Tell(from, DriverEvents.Error("Re-registering without an 'id'"));
            return Task.CompletedTask;
        }

        return sessions.SubscribeAsync(from, call, message.Failover);
    }

    /// <summary>A driver with a credential goes no further than this, and tries again with growing pauses.</summary>
    private Task AuthenticateAsync(Upid from, AuthenticateMessage message)
    {
        Log.Authentication(logger, message.Pid);
        sessions.Tell(from, new AuthenticationErrorMessage { Error = "No authenticator loaded" });
        return Task.CompletedTask;
    }

    private MasterRoute On<T>(MessageParser<T> parser, Func<Upid, T, Task> take)
        where T : class, IMessage<T>, new() => new(
            PeerReceiver.PathOf<T>(),
            HttpMethods.Post,
            Rules.RegisterFramework,
            MasterPhase.Leading,
            context => _receiver.ReceiveAsync(context, parser, sessions.Has, take));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The driver {Peer} wants to authenticate, and this master has no authentication: "
            + "start the framework without credentials")]
        public static partial void Authentication(ILogger logger, string peer);
    }
}
