using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Http;

/// <summary>One event stream with the calls that belong to it.</summary>
internal sealed class HttpSchedulerConnection : ISchedulerConnection
{
    /// <summary>What Mesos advises: one lost heartbeat is a hiccup, five are a dead connection.</summary>
    private const int MissedHeartbeats = 5;

    /// <summary>Until SUBSCRIBED names the interval, and when it does not.</summary>
    private static readonly TimeSpan DefaultHeartbeat = TimeSpan.FromSeconds(15);

    private readonly HttpSchedulerTransport _transport;
    private readonly HttpResponseMessage _response;
    private readonly SchedulerCodec _codec;
    private readonly string _streamId;
    private readonly Uri _master;
    private readonly TimeProvider _time;
    private readonly Channel<Event> _events;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _callTurn = new(1);
    private readonly ITimer _watchdog;
    private readonly Task _pump;
    private TimeSpan _heartbeat = DefaultHeartbeat;
    private long _lastRecord;
    private volatile Exception? _broken;

    internal HttpSchedulerConnection(
        HttpSchedulerTransport transport,
        HttpResponseMessage response,
        Stream body,
        SchedulerCodec codec,
        string streamId,
        HttpSchedulerOptions options,
        TimeProvider time)
    {
        _transport = transport;
        _response = response;
        _codec = codec;
        _streamId = streamId;
        _master = transport.Master;
        _time = time;
        _lastRecord = time.GetTimestamp();
        _events = Channel.CreateBounded<Event>(new BoundedChannelOptions(options.MaxBufferedEvents) { SingleWriter = true });
        _watchdog = time.CreateTimer(
            static state => ((HttpSchedulerConnection)state!).CheckHeartbeat(), this, DefaultHeartbeat, DefaultHeartbeat);
        _pump = Task.Run(() => PumpAsync(body, options.MaxEventBytes));
    }

    public ChannelReader<Event> Events => _events.Reader;

    public async ValueTask SendAsync(Call call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Type == Call.Types.Type.Subscribe)
        {
            throw new ArgumentException("A connection subscribes once", nameof(call));
        }

        // In the order of the callers: two requests at once could overtake each other.
        await _callTurn.WaitAsync(cancellationToken);
        try
        {
            await _transport.SendAsync(_master, call, _streamId, cancellationToken);
        }
        catch (SchedulerCallException refusal) when (refusal.Status == HttpStatusCode.Forbidden)
        {
            // The master has forgotten this stream although it still seems open here.
            Break(refusal);
            throw;
        }
        finally
        {
            _callTurn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watchdog.DisposeAsync();
        await _pump;
        _response.Dispose();
        _closing.Dispose();
    }

    private async Task PumpAsync(Stream body, int maxEventBytes)
    {
        Exception? end = null;
        try
        {
            var reader = new RecordReader(PipeReader.Create(body), maxEventBytes);
            while (await _codec.ReadAsync(reader, _closing.Token) is { } received)
            {
                Volatile.Write(ref _lastRecord, _time.GetTimestamp());
                if (received.Subscribed is { HeartbeatIntervalSeconds: > 0 and < 86_400 } subscribed)
                {
                    _heartbeat = TimeSpan.FromSeconds(subscribed.HeartbeatIntervalSeconds);
                    _watchdog.Change(_heartbeat, _heartbeat);
                }

                await _events.Writer.WriteAsync(received, _closing.Token);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            end = _broken;
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or InvalidProtocolBufferException or MesosJsonException)
        {
            end = failure;
        }

        _events.Writer.TryComplete(end);
    }

    private void CheckHeartbeat()
    {
        var silence = _time.GetElapsedTime(Volatile.Read(ref _lastRecord));
        if (silence >= _heartbeat * MissedHeartbeats)
        {
            Break(new IOException($"The master has been silent for {silence.TotalSeconds:0} s"));
        }
    }

    private void Break(Exception reason)
    {
        Interlocked.CompareExchange(ref _broken, reason, null);
        try
        {
            _closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Closed by its owner in the same moment.
        }
    }
}
