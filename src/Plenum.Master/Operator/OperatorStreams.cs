using System.Collections.Immutable;
using Plenum.Master.Streams;
using Plenum.Protocol.V1.Master;

namespace Plenum.Master.Operator;

/// <summary>The readers of the operator event stream, oldest first.</summary>
internal sealed class OperatorStreams(int maxStreams, int maxQueuedEvents)
{
    private ImmutableArray<OutboundStream<Event>> _open = [];

    public int Count => _open.Length;

    /// <summary>
    /// Called where effects are released, so that the new reader's snapshot and its first event meet
    /// without a gap. Beyond the bound the oldest reader goes, as with Mesos.
    /// </summary>
    public OutboundStream<Event> Open()
    {
        var stream = new OutboundStream<Event>(maxQueuedEvents);
        ImmutableInterlocked.Update(ref _open, static (all, added) => all.Add(added), stream);
        while (_open is { } all && all.Length > maxStreams)
        {
            all[0].Break($"{maxStreams} newer readers came");
            Remove(all[0]);
        }

        return stream;
    }

    public void Remove(OutboundStream<Event> stream)
    {
        ImmutableInterlocked.Update(ref _open, static (all, removed) => all.Remove(removed), stream);
        stream.Dispose();
    }

    public void Publish(Event message)
    {
        foreach (var stream in _open)
        {
            stream.Send(message);
        }
    }

    public void BreakAll(string reason)
    {
        foreach (var stream in _open)
        {
            stream.Break(reason);
        }
    }
}
