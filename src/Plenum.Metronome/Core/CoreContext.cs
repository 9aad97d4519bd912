using Plenum.Marathon.Persistence;
using Plenum.Metronome.Events;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;

namespace Plenum.Metronome.Core;

/// <summary>What the parts of the core share while a request is carried out: its time, its effects and the timers.</summary>
internal sealed class CoreContext(MetronomeOptions options, int seed)
{
    // Letters as in the original's run names, in lower case: a run's name is part of a path.
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private List<MetronomeEffect> _effects = [];

    public MetronomeOptions Options { get; } = options;

    public Random Random { get; } = new(seed);

    public RunTimers Timers { get; } = new();

    /// <summary>null until the first subscription of all.</summary>
    public string? FrameworkId { get; set; }

    /// <summary>A subscription is open: calls can leave. What could not is made good when the next one opens.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Steady time: of deadlines.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>What the machine's clock shows: of schedules, and of all that people read.</summary>
    public DateTimeOffset Wall { get; private set; }

    /// <summary>The highest number given to a run or a skipped tick.</summary>
    public long LastSequence { get; set; }

    public void Begin(CoreTime time, List<MetronomeEffect> effects)
    {
        Now = time.Steady > Now ? time.Steady : Now;
        Wall = time.Wall;
        _effects = effects;
    }

    public void Write(string key, byte[]? value) => _effects.Add(new MetronomeEffect.Write(key, value));

    public void Write<T>(string key, T value)
        where T : class => _effects.Add(new MetronomeEffect.Write(key, StoredJson.Write(value)));

    public void Publish(JobEvent happened) => _effects.Add(new MetronomeEffect.Publish(happened));

    public void Send(Call? call)
    {
        if (IsConnected && call is not null)
        {
            _effects.Add(new MetronomeEffect.Send(call));
        }
    }

    public void SendKill(string taskId, string? agentId) => Send(SchedulerCalls.Kill(
        new TaskID { Value = taskId }, agentId is null ? null : new AgentID { Value = agentId }));

    /// <summary>A random UUID (version 4) from the core's own generator.</summary>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    public string NewLetters(int count) => new(Random.GetItems<char>(Letters, count));
}
