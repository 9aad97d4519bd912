using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Plenum.Http.Libprocess;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Scheduler;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Drivers;

/// <summary>
/// The old drivers that are connected, by their address, and the checks that Mesos makes of what they say. Nobody
/// waits for an answer: what is refused is logged, and told where the driver would go on for ever otherwise. What
/// was said counts though the connection that brought it has ended; only the end of this master stops it.
/// </summary>
internal sealed partial class DriverSessions(
    KernelLoop loop, SchedulerStreams streams, MasterMetrics metrics, Upid self, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Upid, (DriverSession Session, Task Running)> _sessions = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly PeerErrands _errands = new(self, clock, logger);
    private readonly Lock _gate = new();

    public bool Has(Upid peer) => _sessions.ContainsKey(peer);

    /// <summary>A first subscription, one after a failover, or one said again.</summary>
    public async Task SubscribeAsync(Upid from, Call call, bool force)
    {
        if (SchedulerAdmission.CheckShape(call) is { } malformed)
        {
            Log.Dropped(logger, call.Type, from, malformed.Reason);
            return;
        }

        metrics.SchedulerCall(call);
        if (_sessions.TryGetValue(from, out var known))
        {
            if (await known.Session.RepeatAsync(call, force))
            {
                return;
            }

            await known.Running;
        }

        Start(from, call, force);
    }

    /// <summary>
    /// After a restart of the master. Drivers do not notice that a master they were given by address was away:
    /// it connects to those that were connected, and they go on.
    /// </summary>
    public void Resume(IEnumerable<FrameworkRecord> frameworks)
    {
        foreach (var framework in frameworks)
        {
            if (framework.Pid is { } pid && Upid.TryParse(pid, out var peer))
            {
                Log.Resuming(logger, framework.Id.Value, peer);
                Start(peer, DriverCalls.Subscribe(framework.Info.Clone()), force: false);
            }
        }
    }

    /// <summary>Any call but SUBSCRIBE, with Mesos' checks in Mesos' order.</summary>
    public async Task ReceiveAsync(Upid from, Call call)
    {
        if (SchedulerAdmission.CheckShape(call) is { } malformed)
        {
            Log.Dropped(logger, call.Type, from, malformed.Reason);
            return;
        }

        if (StreamOf(from, call.FrameworkId.Value, $"{call.Type}") is not { } stream)
        {
            return;
        }

        metrics.SchedulerCall(call);
        switch (call.Type)
        {
            case Call.Types.Type.UpdateFramework:
                if (await stream.UpdateAsync(loop, call, CancellationToken.None) is { } refusal)
                {
                    stream.Events.Send(new Event
                    {
                        Type = Event.Types.Type.Error,
                        Error = new Event.Types.Error { Message = refusal.Reason },
                    });
                }

                return;
            case Call.Types.Type.Teardown when _sessions.TryGetValue(from, out var known):
                known.Session.Leave();
                break;
        }

        await loop.SubmitAsync(new KernelCommand.SchedulerCall(stream.Id, call), CancellationToken.None);
    }

    public async Task DeactivateAsync(Upid from, string frameworkId)
    {
        if (StreamOf(from, frameworkId, "DEACTIVATE") is { } stream)
        {
            await loop.SubmitAsync(new KernelCommand.DeactivateFramework(stream.Id), CancellationToken.None);
        }
    }

    /// <summary>One message to an actor that has no session.</summary>
    public void Tell(Upid to, IMessage message) => _errands.Tell(to, message);

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _stopping.Cancel();
            running = [.. _sessions.Values.Select(static entry => entry.Running)];
        }

        await Task.WhenAll(running);
        await _errands.DisposeAsync();
        _stopping.Dispose();
    }

    private void Start(Upid peer, Call call, bool force)
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || _sessions.ContainsKey(peer))
            {
                return;
            }

            if (streams.Open(peer) is not { } stream)
            {
                Log.TooManyFrameworks(logger, peer, streams.Count);
                return;
            }

            var session = new DriverSession(peer, stream, self, loop, streams, metrics, clock, logger);
            var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sessions[peer] = (session, RunAsync(session, call, force, begin.Task));
            begin.SetResult();
        }
    }

    private async Task RunAsync(DriverSession session, Call call, bool force, Task begin)
    {
        await begin;
        try
        {
            await session.RunAsync(call, force, _stopping.Token);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, session.Peer);
        }
        finally
        {
            lock (_gate)
            {
                _sessions.TryRemove(session.Peer, out _);
            }
        }
    }

    private SchedulerStream? StreamOf(Upid from, string frameworkId, string what)
    {
        if (!streams.TryGetFramework(frameworkId, out var stream))
        {
            Log.Unknown(logger, what, from, frameworkId);
            return null;
        }

        if (stream is null && _sessions.ContainsKey(from))
        {
            // Its session is about to subscribe, as after a restart of the master: the driver says it again.
            Log.NotYet(logger, what, from, frameworkId);
            return null;
        }

        if (stream is null)
        {
            // The link broke and the driver does not know: it goes on until it is told.
            Log.Disconnected(logger, what, from, frameworkId);
            Tell(from, DriverEvents.Error("Framework disconnected"));
            return null;
        }

        if (stream.Driver != from)
        {
            Log.NotItsDriver(logger, what, from, frameworkId);
            return null;
        }

        return stream;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Call} of the driver {From} dropped: {Reason}")]
        public static partial void Dropped(ILogger logger, Call.Types.Type call, Upid from, string reason);

        [LoggerMessage(2, LogLevel.Information, "{Call} of the driver {From} dropped: framework {Framework} cannot be found")]
        public static partial void Unknown(ILogger logger, string call, Upid from, string framework);

        [LoggerMessage(3, LogLevel.Information, "{Call} of the driver {From} refused: framework {Framework} is disconnected")]
        public static partial void Disconnected(ILogger logger, string call, Upid from, string framework);

        [LoggerMessage(8, LogLevel.Information, "{Call} of the driver {From} dropped: framework {Framework} is not connected again yet")]
        public static partial void NotYet(ILogger logger, string call, Upid from, string framework);

        [LoggerMessage(4, LogLevel.Warning, "{Call} of the driver {From} dropped: framework {Framework} is connected from elsewhere")]
        public static partial void NotItsDriver(ILogger logger, string call, Upid from, string framework);

        [LoggerMessage(5, LogLevel.Warning, "The driver {Peer} was not admitted: {Count} frameworks are connected, which is the limit")]
        public static partial void TooManyFrameworks(ILogger logger, Upid peer, int count);

        [LoggerMessage(6, LogLevel.Error, "The session of the driver {Peer} failed")]
        public static partial void Failed(ILogger logger, Exception exception, Upid peer);

        [LoggerMessage(7, LogLevel.Information, "Connecting framework {Framework} to its driver {Peer} again")]
        public static partial void Resuming(ILogger logger, string framework, Upid peer);
    }
}
