using System.Text;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Definitions.Reading;
using Plenum.Metronome.Persistence;
using Plenum.Metronome.Runs;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Metronome.Tests.Core;

/// <summary>A core with a store, a clock and a cluster of its own: everything happens when a test says so.</summary>
internal sealed class CoreHarness
{
    private readonly MetronomeOptions _options;
    private int _lives;

    public CoreHarness(MetronomeOptions? options = null, DateTimeOffset? start = null)
    {
        _options = options ?? new MetronomeOptions();
        Wall = Steady = start ?? new DateTimeOffset(2026, 3, 2, 12, 0, 30, TimeSpan.Zero);
        Core = Born();
    }

    public FakeCluster Cluster { get; } = new();

    public MetronomeCore Core { get; private set; }

    public SortedDictionary<string, byte[]> Store { get; } = new(StringComparer.Ordinal);

    /// <summary>Every write, in order: what was decided, whoever saw it.</summary>
    public Action<string, byte[]?> OnWrite { get; set; } = static (_, _) => { };

    public List<Call> Calls { get; } = [];

    /// <summary>Calls are lost while this says so.</summary>
    public Func<bool> LosesCall { get; set; } = static () => false;

    public DateTimeOffset Wall { get; set; }

    public DateTimeOffset Steady { get; set; }

    public CoreTime Time => new(Steady, Wall);

    public static JobSpec Job(string id, string more = "", string run = "") => Read(
        $$$"""{"id": "{{{id}}}", "run": {"cmd": "true", "cpus": 1, "mem": 32, "disk": 0 {{{run}}}} {{{more}}}}""");

    public static JobSpec Read(string json)
    {
        var parsed = DefinitionDocument.Read(Encoding.UTF8.GetBytes(json), static field => JobReader.Read(field));
        return parsed.Value.ShouldNotBeNull(parsed.Failure?.Violations?.ToString() ?? parsed.Failure?.Details);
    }

    public static string Schedule(string id, string cron, string more = "") =>
        $$$""", "schedules": [{"id": "{{{id}}}", "cron": "{{{cron}}}" {{{more}}}}]""";

    public Plenum.Metronome.Core.Job Find(string id) => Core.Snapshot().Jobs[id];

    public JobResult Create(JobSpec spec) => Do((time, effects) => Core.CreateJob(spec, time, effects));

    public JobRun Start(string job, RunOverrides? overrides = null) =>
        Do((time, effects) => Core.StartRun(job, overrides ?? RunOverrides.None, time, effects)).ShouldBeOfType<JobResult.RunDone>().Run;

    public JobResult Stop(string job, string run) => Do((time, effects) => Core.StopRun(job, run, time, effects));

    public JobResult Delete(string job, bool stop = true) => Do((time, effects) => Core.DeleteJob(job, stop, time, effects));

    public T Do<T>(Func<CoreTime, List<MetronomeEffect>, T> perform)
    {
        var effects = new List<MetronomeEffect>();
        var result = perform(Time, effects);
        CarryOut(effects);
        return result;
    }

    public void Do(Action<CoreTime, List<MetronomeEffect>> perform) => Do((time, effects) =>
    {
        perform(time, effects);
        return 0;
    });

    public void Connect()
    {
        Handle(Cluster.Subscribed());
        Flush();
    }

    public void Disconnect() => Do((time, effects) => Core.Disconnected(time, effects));

    public void Handle(params IReadOnlyList<Event> events) => Do((time, effects) => Core.Handle(events, time, effects));

    /// <summary>Offers as long as they are wanted, and what the cluster answered.</summary>
    public void Offer()
    {
        if (Cluster.Offers() is { } offers)
        {
            Handle(offers);
        }

        Flush();
    }

    public void Flush()
    {
        while (Cluster.Outbox.Count > 0)
        {
            var next = Cluster.Outbox[0];
            Cluster.Outbox.RemoveAt(0);
            Handle(next);
        }
    }

    public void Report(FakeTask task, TaskState state, string? message = null)
    {
        task.State = state;
        task.Pending = null;
        Handle(FakeCluster.Status(task, message));
        Flush();
    }

    /// <summary>Time passes, and the core wakes whenever it asked to.</summary>
    public void Pass(TimeSpan time)
    {
        var until = Steady + time;
        while (Core.NextDeadline is { } due && due <= until)
        {
            var step = due > Steady ? due - Steady : TimeSpan.Zero;
            Steady += step;
            Wall += step;
            Do((now, effects) => Core.Tick(now, effects));
            Flush();
        }

        Wall += until - Steady;
        Steady = until;
        Do((now, effects) => Core.Tick(now, effects));
    }

    /// <summary>The process is killed and started again after some time.</summary>
    public void Restart(TimeSpan away = default)
    {
        Steady += away;
        Wall += away;
        Core = Born();
    }

    private MetronomeCore Born()
    {
        var state = new StoredState();
        foreach (var (key, value) in Store)
        {
            state.Add(key, value);
        }

        var core = new MetronomeCore(_options, ++_lives);
        Core = core;
        Do((time, effects) => core.Restore(state, time, effects));
        return core;
    }

    private void CarryOut(List<MetronomeEffect> effects)
    {
        foreach (var write in effects.OfType<MetronomeEffect.Write>())
        {
            if (write.Value is null)
            {
                Store.Remove(write.Key);
            }
            else
            {
                Store[write.Key] = write.Value;
            }

            OnWrite(write.Key, write.Value);
        }

        foreach (var send in effects.OfType<MetronomeEffect.Send>())
        {
            Calls.Add(send.Call);
            if (!LosesCall())
            {
                Cluster.Call(send.Call);
            }
        }
    }
}
