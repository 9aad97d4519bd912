using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Plenum.Agent.Http;

/// <summary>
/// Between the book, which numbers requests and streams, and the HTTP requests that wait behind those
/// numbers.
/// </summary>
internal sealed class EventStreams<TEvent>
{
    /// <summary>
    /// Events that wait for one executor or resource provider. Executors of one task get a handful in their life; one
    /// that takes nothing for so long is disconnected and may subscribe again.
    /// </summary>
    private const int MaximumQueuedEvents = 4_096;

    private readonly ConcurrentDictionary<long, Channel<TEvent>> _streams = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<CallReply>> _replies = new();
    private long _last;

    /// <summary>A number for a call; its answer comes through the returned task.</summary>
    public (long Number, Task<CallReply> Reply) Call()
    {
        var number = Interlocked.Increment(ref _last);
        var reply = new TaskCompletionSource<CallReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _replies[number] = reply;
        return (number, reply.Task);
    }

    /// <summary>A number for a SUBSCRIBE; events wait in the channel from the first one on.</summary>
    public (long Number, Task<CallReply> Reply, ChannelReader<TEvent> Events) Subscribe()
    {
        var (number, reply) = Call();
        var events = Channel.CreateBounded<TEvent>(new BoundedChannelOptions(MaximumQueuedEvents) { SingleReader = true });
        _streams[number] = events;
        return (number, reply, events.Reader);
    }

    public void Reply(long request, int status, string? message)
    {
        if (_replies.TryRemove(request, out var reply))
        {
            reply.TrySetResult(new CallReply(status, message));
        }
    }

    public void Send(long stream, TEvent @event)
    {
        if (_streams.TryGetValue(stream, out var events) && !events.Writer.TryWrite(@event))
        {
            events.Writer.TryComplete();
        }
    }

    public void Close(long stream)
    {
        if (_streams.TryGetValue(stream, out var events))
        {
            events.Writer.TryComplete();
        }
    }

    public void Forget(long number)
    {
        _streams.TryRemove(number, out _);
        _replies.TryRemove(number, out _);
    }

    /// <summary>The agent goes down: streams end, waiting calls are told to come back.</summary>
    public void CloseAll()
    {
        foreach (var events in _streams.Values)
        {
            events.Writer.TryComplete();
        }

        foreach (var request in _replies.Keys)
        {
            Reply(request, 503, "The agent stops");
        }
    }
}
