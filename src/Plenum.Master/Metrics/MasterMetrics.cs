using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Plenum.Http.Diagnostics;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using OperatorEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Master.Metrics;

/// <summary>
/// What the shell counts, under the names that dashboards of Mesos ask for, and the same as
/// instruments of .NET.
/// </summary>
internal sealed class MasterMetrics : IDisposable
{
    public const string MeterName = "Plenum.Master";

    private static readonly TimeSpan RegistrarWindow = TimeSpan.FromDays(1);

    // The keys are bounded: names below, and pairs of state, source and reason, which are enums.
    private readonly ConcurrentDictionary<string, StrongCount> _counts = new(StringComparer.Ordinal);
    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _calls;
    private readonly Counter<long> _agentMessages;
    private readonly Counter<long> _cutOff;
    private readonly Func<MasterGauges> _gauges;

    public MasterMetrics(Func<MasterGauges> gauges, TimeProvider clock)
    {
        _gauges = gauges;
        StateFetch = new TimerWindow("registrar/state_fetch_ms", RegistrarWindow, clock);
        StateStore = new TimerWindow("registrar/state_store_ms", RegistrarWindow, clock);
        Allocation = new AllocationTimes(clock);
        _calls = _meter.CreateCounter<long>("plenum.master.scheduler.calls");
        _agentMessages = _meter.CreateCounter<long>("plenum.master.agent.messages");
        _cutOff = _meter.CreateCounter<long>("plenum.master.streams.cut_off");
        _meter.CreateObservableGauge("plenum.master.queue", () => _gauges().QueuedCommands);
        foreach (var name in MessageNames.All)
        {
            _counts[name] = new StrongCount();
        }
    }

    /// <summary>Reading the registry when the lead was won.</summary>
    public TimerWindow StateFetch { get; }

    /// <summary>Commits of the registry.</summary>
    public TimerWindow StateStore { get; }

    public AllocationTimes Allocation { get; }

    public FrameworkMetrics Frameworks { get; } = new();

    public RegistrySize Registry { get; } = new();

    public void SchedulerCall(Call call)
    {
        _calls.Add(1, new KeyValuePair<string, object?>("type", WireNames.Of(call.Type)));
        if (MessageNames.Of(call.Type, again: call.FrameworkId is not null) is { } name)
        {
            Increment(name);
        }

        if (call.FrameworkId is { } framework)
        {
            Frameworks.Called(framework.Value, call);
        }
    }

    /// <param name="frameworkId">Null when the stream has gone or belongs to nobody yet.</param>
    public void Told(string? frameworkId, Event message)
    {
        if (frameworkId is not null)
        {
            Frameworks.Told(frameworkId, message);
        }
    }

    public void AgentMessage(AgentMessage.MessageOneofCase kind, bool again = false)
    {
        _agentMessages.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));
        if (MessageNames.Of(kind, again) is { } name)
        {
            Increment(name);
        }
    }

    /// <summary>A body of an agent that has no open link: what it says is not heard.</summary>
    public void DroppedMessage() => Increment(MessageNames.Dropped);

    public void SlowFramework() => CutOff("scheduler");

    public void SlowAgent() => CutOff("agent");

    public void SlowOperatorReader() => CutOff("operator");

    /// <summary>Ends of tasks by cause: <c>master/task_lost/source_slave/reason_executor_terminated</c>.</summary>
    public void Published(OperatorEvent message)
    {
        if (message.Type == OperatorEvent.Types.Type.TaskUpdated
            && message.TaskUpdated.Status is { } status
            && IsTerminal(status.State))
        {
            Increment(TaskCauses.NameOf(status));
            Frameworks.Ended(message.TaskUpdated.FrameworkId.Value, status.State);
        }
    }

    /// <summary>Everything, sorted by name as Mesos has it.</summary>
    public SortedDictionary<string, double> Collect(ClusterSnapshot state)
    {
        var all = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, count) in _counts)
        {
            all[name] = count.Value;
        }

        SnapshotMetrics.Add(all, state);
        _gauges().Add(all);
        all["registrar/registry_size_bytes"] = Registry.Bytes;
        StateFetch.Add(all);
        StateStore.Add(all);
        Allocation.Add(all);
        AllocatorMetrics.Add(all, state);
        Frameworks.Add(all, state);
        foreach (var (name, value) in SystemStatistics.Read().Metrics)
        {
            all[name] = value;
        }

        return all;
    }

    public void Dispose() => _meter.Dispose();

    internal static bool IsTerminal(TaskState state) => state is not (
        TaskState.TaskStaging or TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling
        or TaskState.TaskUnreachable or TaskState.TaskUnknown);

    private void CutOff(string kind) => _cutOff.Add(1, new KeyValuePair<string, object?>("stream", kind));

    private void Increment(string name) => _counts.GetOrAdd(name, static _ => new StrongCount()).Increment();

    private sealed class StrongCount
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }
}
