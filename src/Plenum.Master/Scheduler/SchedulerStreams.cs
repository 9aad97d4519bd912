using System.Collections.Concurrent;
using Plenum.Http.Libprocess;
using Plenum.Kernel.Commands;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Scheduler;

/// <summary>
/// The open subscriptions, and which of them speaks for which framework. The second part lets the
/// endpoint refuse a call before the kernel sees it. The release loop keeps it: a framework gains its
/// stream just before SUBSCRIBED goes out, so that the first call after it is always taken.
/// </summary>
internal sealed class SchedulerStreams(int maxStreams, int maxQueuedEvents)
{
    /// <summary>
    /// mesos-go refuses records above 4 MiB; an offer of an agent with reservations and attributes has
    /// a few KiB, so that this many fit many times over.
    /// </summary>
    private const int MaxOffersPerEvent = 250;

    private readonly ConcurrentDictionary<SchedulerStreamId, SchedulerStream> _open = new();

    // Null: the framework is known and not connected.
    private readonly ConcurrentDictionary<string, SchedulerStream?> _frameworks = new(StringComparer.Ordinal);
    private long _lastId;

    public int Count => _open.Count;

    /// <summary>Null when there are as many streams as may be.</summary>
    public SchedulerStream? Open(Upid? driver = null)
    {
        // Two callers may pass here at once and overshoot by one each: the bound protects memory, not a contract.
        if (_open.Count >= maxStreams)
        {
            return null;
        }

        var stream = new SchedulerStream(
            new SchedulerStreamId(Interlocked.Increment(ref _lastId)), Guid.NewGuid().ToString(), maxQueuedEvents)
        {
            Driver = driver,
        };
        _open[stream.Id] = stream;
        return stream;
    }

    public void Send(SchedulerStreamId id, Event message)
    {
        if (!_open.TryGetValue(id, out var stream))
        {
            return;
        }

        if (message.Type == Event.Types.Type.Subscribed)
        {
            stream.FrameworkId = message.Subscribed.FrameworkId.Value;
            _frameworks[stream.FrameworkId] = stream;
        }

        if (message.Type == Event.Types.Type.Offers && message.Offers.Offers_.Count > MaxOffersPerEvent)
        {
            foreach (var part in message.Offers.Offers_.Chunk(MaxOffersPerEvent))
            {
                stream.Events.Send(new Event
                {
                    Type = Event.Types.Type.Offers,
                    Offers = new Event.Types.Offers { Offers_ = { part } },
                });
            }

            return;
        }

        stream.Events.Send(message);
    }

    /// <summary>Null when the stream has gone or its framework is not admitted yet.</summary>
    public string? FrameworkOf(SchedulerStreamId id) => _open.TryGetValue(id, out var stream) ? stream.FrameworkId : null;

    public void AnswerUpdate(SchedulerStreamId id, string? refusal)
    {
        if (_open.TryGetValue(id, out var stream))
        {
            stream.AnswerUpdate(refusal);
        }
    }

    /// <summary>The kernel ends a stream; its reader still gets what was sent before.</summary>
    public void Close(SchedulerStreamId id)
    {
        if (_open.TryGetValue(id, out var stream))
        {
            Detach(stream);
            stream.Events.Complete();
        }
    }

    /// <summary>The reader has gone.</summary>
    public void Remove(SchedulerStream stream)
    {
        Detach(stream);
        _open.TryRemove(stream.Id, out _);
        stream.Dispose();
    }

    /// <summary>A framework exists without a stream: agents that came back told of it.</summary>
    public void FrameworkAdded(string frameworkId) => _frameworks.TryAdd(frameworkId, null);

    public void FrameworkRemoved(string frameworkId) => _frameworks.TryRemove(frameworkId, out _);

    /// <summary>False when the framework is unknown; <paramref name="stream"/> is null when it is not connected.</summary>
    public bool TryGetFramework(string frameworkId, out SchedulerStream? stream) =>
        _frameworks.TryGetValue(frameworkId, out stream);

    public void BreakAll(string reason)
    {
        foreach (var stream in _open.Values)
        {
            stream.Events.Break(reason);
        }
    }

    private void Detach(SchedulerStream stream)
    {
        foreach (var (framework, current) in _frameworks)
        {
            if (ReferenceEquals(current, stream))
            {
                _frameworks.TryUpdate(framework, null, stream);
            }
        }
    }
}
