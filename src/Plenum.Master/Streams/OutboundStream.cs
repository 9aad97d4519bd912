using System.Threading.Channels;
using Google.Protobuf;

namespace Plenum.Master.Streams;

/// <summary>
/// The bounded queue between the kernel and one reader. Sending never waits: a reader that lets the
/// queue fill is cut off, so that its slowness costs neither memory nor anyone else's time.
/// </summary>
internal sealed class OutboundStream<T>(int capacity) : IDisposable
    where T : class, IMessage
{
    private readonly Channel<T> _queue = Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { SingleReader = true });

    private readonly CancellationTokenSource _broken = new();
    private string? _breakReason;
    private volatile bool _ended;

    public ChannelReader<T> Messages => _queue.Reader;

    /// <summary>Fires when the stream is cut off, with what is still queued thrown away.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Why the stream was cut off, or null.</summary>
    public string? BreakReason => Volatile.Read(ref _breakReason);

    /// <summary>Queues a message; a stream that already ended ignores it.</summary>
    public void Send(T message)
    {
        if (!_queue.Writer.TryWrite(message) && !_ended)
        {
            Break($"the reader is {capacity} messages behind");
        }
    }

    /// <summary>Ends the stream after everything sent before.</summary>
    public void Complete()
    {
        _ended = true;
        _queue.Writer.TryComplete();
    }

    /// <summary>Cuts the stream off. The first reason stays.</summary>
    public void Break(string reason)
    {
        if (Interlocked.CompareExchange(ref _breakReason, reason, null) is not null)
        {
            return;
        }

        _ended = true;
        _queue.Writer.TryComplete(new IOException($"The stream was cut off: {reason}."));

        // Callbacks close sockets; they must not run on the kernel's thread.
        ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), _broken, preferLocal: false);
    }

    /// <summary>
    /// The cancellation source has no timer and no handle, so that a late cut-off after disposal has
    /// nothing to release; disposing means ending here.
    /// </summary>
    public void Dispose() => Complete();
}
