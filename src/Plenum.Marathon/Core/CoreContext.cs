using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Core;

/// <summary>
/// What the parts of the core share while a request is carried out: its time, its effects, the timers, and the
/// services that must be looked at before it ends.
/// </summary>
internal sealed class CoreContext(MarathonOptions options, int seed)
{
    private List<MarathonEffect> _effects = [];

    public MarathonOptions Options { get; } = options;

    public Random Random { get; } = new(seed);

    public TimerQueue Timers { get; } = new();

    /// <summary>null until the first subscription of all.</summary>
    public string? FrameworkId { get; set; }

    public DateTimeOffset Now { get; private set; }

    /// <summary>A subscription is open: calls can leave. What could not is made good when the next one opens.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Services whose instances must be compared with what is wanted, in the order in which they came up.</summary>
    public Queue<PathId> Unsettled { get; } = new();

    /// <summary>Services whose place in the launch queue looks different to readers than it did in the last snapshot.</summary>
    public HashSet<PathId> QueueTouched { get; } = [];

    private readonly HashSet<PathId> _unsettledSet = [];

    public void Begin(DateTimeOffset now, List<MarathonEffect> effects)
    {
        // A clock that was set back must not move versions, ages and deadlines back.
        Now = now > Now ? now : Now;
        _effects = effects;
    }

    public void Unsettle(PathId app)
    {
        if (_unsettledSet.Add(app))
        {
            Unsettled.Enqueue(app);
        }
    }

    public bool TryTakeUnsettled(out PathId app)
    {
        if (Unsettled.TryDequeue(out app))
        {
            _unsettledSet.Remove(app);
            return true;
        }

        return false;
    }

    public void Write(string key, byte[]? value) => _effects.Add(new MarathonEffect.Write(key, value));

    public void Publish(MarathonEvent happened) => _effects.Add(new MarathonEffect.Publish(happened));

    public void Probe(ProbeRequest request) => _effects.Add(new MarathonEffect.Probe(request));

    public void Send(Call call)
    {
        if (IsConnected)
        {
            _effects.Add(new MarathonEffect.Send(call));
        }
    }

    /// <summary>A random UUID (version 4) from the core's own generator.</summary>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
