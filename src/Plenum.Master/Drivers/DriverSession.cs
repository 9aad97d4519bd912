using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Plenum.Http.Libprocess;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Scheduler;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Drivers;

/// <summary>
/// One old driver's subscription: the link to it, on which events go out as messages. The framework is
/// connected for as long as the link holds.
/// <list type="number">
/// <item>connect to the driver; one that cannot be reached is not admitted, and asks again by itself;</item>
/// <item>SUBSCRIBE;</item>
/// <item>send what the kernel says until it ends the stream or the link breaks.</item>
/// </list>
/// </summary>
internal sealed partial class DriverSession(
    Upid peer,
    SchedulerStream stream,
    Upid self,
    KernelLoop loop,
    SchedulerStreams streams,
    MasterMetrics metrics,
    TimeProvider clock,
    ILogger logger)
    : IDisposable
{
    private readonly DriverEvents _events = new(self);

    // Held while a subscription is handed over and while the session ends: the kernel must not be given
    // a stream that is already gone.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Event? _subscribed;
    private volatile bool _again;
    private volatile bool _leaves;
    private volatile bool _ended;
    private FrameworkID? _framework;

    public Upid Peer => peer;

    public SchedulerStream Stream => stream;

    /// <summary>The driver tears its framework down; it must not be told so as news.</summary>
    public void Leave() => _leaves = true;

    public async Task RunAsync(Call subscribe, bool force, CancellationToken stopping)
    {
        try
        {
            await using var link = await PeerLink.OpenAsync(self, peer, clock, stopping);
            await SubmitAsync(subscribe, force, stopping);
            await PumpAsync(link, stopping);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            Log.Broken(logger, peer, stream.Events.BreakReason ?? exception.Message);
        }
        catch (MasterStoppedException)
        {
            Log.EndedAfterStop(logger, peer);
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>
    /// The driver asks again: its first answer is late or was lost, or it took itself for disconnected. False when
    /// this session is over and another must begin.
    /// </summary>
    public async Task<bool> RepeatAsync(Call subscribe, bool force)
    {
        await _turn.WaitAsync();
        try
        {
            if (_ended)
            {
                return false;
            }

            if (_subscribed is not { } answer)
            {
                // Under way.
                return true;
            }

            if (subscribe.FrameworkId is null)
            {
                stream.Events.Send(answer);
            }
            else if (string.Equals(subscribe.FrameworkId.Value, stream.FrameworkId, StringComparison.Ordinal))
            {
                _subscribed = null;
                await HandOverAsync(subscribe, force, CancellationToken.None);
            }
            else
            {
                Log.OtherFramework(logger, peer, subscribe.FrameworkId.Value, stream.FrameworkId);
            }

            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task SubmitAsync(Call subscribe, bool force, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await HandOverAsync(subscribe, force, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private ValueTask HandOverAsync(Call subscribe, bool force, CancellationToken cancellationToken)
    {
        _again = subscribe.FrameworkId is not null && !force;
        return loop.SubmitAsync(
            new KernelCommand.Subscribe(stream.Id, subscribe, Principal: null) { Driver = new DriverPeer(peer.ToString(), force) },
            cancellationToken);
    }

    private async Task PumpAsync(PeerLink link, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stream.Events.Broken, link.Broken, stopping);
        var isTold = false;
        while (await stream.Events.Messages.WaitToReadAsync(ended.Token))
        {
            while (stream.Events.Messages.TryRead(out var message))
            {
                await SendAsync(link, message, ended.Token);
                isTold = message.Type == Event.Types.Type.Error;
            }
        }

        _ended = true;

        // An HTTP framework sees the end of its stream; a driver goes on as if nothing was until it is told.
        if (!isTold && !_leaves)
        {
            await link.SendAsync(DriverEvents.Error("Framework has been removed"), ended.Token);
        }

        await link.EndAsync();
    }

    private async ValueTask SendAsync(PeerLink link, Event message, CancellationToken cancellationToken)
    {
        if (message.Type == Event.Types.Type.Subscribed)
        {
            _framework = message.Subscribed.FrameworkId;
            await link.SendAsync(DriverEvents.Subscribed(message.Subscribed, _again), cancellationToken);
            _subscribed = message;
        }
        else if (_events.Translate(_framework, message) is { } wire)
        {
            await link.SendAsync(wire, cancellationToken);
        }
        else if (message.Type == Event.Types.Type.UpdateOperationStatus)
        {
            await AcknowledgeAsync(message.UpdateOperationStatus, cancellationToken);
        }
    }

    /// <summary>
    /// Drivers have no message for the status of an operation and none to acknowledge it: without this the agent
    /// would repeat it for ever.
    /// </summary>
    private async ValueTask AcknowledgeAsync(Event.Types.UpdateOperationStatus update, CancellationToken cancellationToken)
    {
        var status = update.Status;
        if (status.Uuid is null || status.OperationId is null)
        {
            return;
        }

        await loop.SubmitAsync(
            new KernelCommand.SchedulerCall(stream.Id, new Call
            {
                Type = Call.Types.Type.AcknowledgeOperationStatus,
                FrameworkId = _framework,
                AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus
                {
                    AgentId = status.AgentId,
                    ResourceProviderId = status.ResourceProviderId,
                    Uuid = status.Uuid.Value,
                    OperationId = status.OperationId,
                },
            }),
            cancellationToken);
    }

    /// <summary>The kernel must learn of every end.</summary>
    private async Task EndAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        _ended = true;
        _turn.Release();
        if (stream.Events.BreakReason is not null)
        {
            metrics.SlowFramework();
        }

        streams.Remove(stream);
        try
        {
            await loop.SubmitAsync(new KernelCommand.SchedulerStreamClosed(stream.Id), CancellationToken.None);
        }
        catch (MasterStoppedException)
        {
            Log.EndedAfterStop(logger, peer);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The link to the driver {Peer} ended: {Reason}")]
        public static partial void Broken(ILogger logger, Upid peer, string reason);

        [LoggerMessage(2, LogLevel.Debug, "The link to the driver {Peer} ended after the master stopped")]
        public static partial void EndedAfterStop(ILogger logger, Upid peer);

        [LoggerMessage(3, LogLevel.Warning, "The driver {Peer} subscribes as {Asked} and is already connected as {Known}: ignored, as by Mesos")]
        public static partial void OtherFramework(ILogger logger, Upid peer, string asked, string? known);
    }
}
