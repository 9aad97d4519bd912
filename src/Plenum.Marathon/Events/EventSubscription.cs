using System.Threading.Channels;

namespace Plenum.Marathon.Events;

/// <summary>
/// One reader of the event stream. The channel completes when the reader was too slow
/// (<see cref="TooSlow"/>) or the hub closed.
/// </summary>
internal sealed class EventSubscription<T> : IDisposable
    where T : class
{
    private readonly EventHub<T> _hub;
    private readonly Channel<T> _channel;
    private volatile bool _tooSlow;

    internal EventSubscription(EventHub<T> hub, int capacity)
    {
        _hub = hub;
        _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    public ChannelReader<T> Events => _channel.Reader;

    public bool TooSlow => _tooSlow;

    public void Dispose() => _hub.Remove(this);

    internal bool TryDeliver(T happened)
    {
        if (_channel.Writer.TryWrite(happened))
        {
            return true;
        }

        _tooSlow = true;
        _channel.Writer.TryComplete();
        return false;
    }

    internal void Complete() => _channel.Writer.TryComplete();
}
