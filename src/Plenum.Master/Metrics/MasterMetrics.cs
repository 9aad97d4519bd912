using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Plenum.Kernel.Snapshots;
using Plenum.Master.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using CallType = Plenum.Protocol.V1.Scheduler.Call.Types.Type;
using OperatorEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Master.Metrics;

/// <summary>
/// What the shell counts, under the names that dashboards of Mesos ask for, and the same as
/// instruments of .NET.
/// </summary>
internal sealed class MasterMetrics : IDisposable
{
    public const string MeterName = "Plenum.Master";

    // The keys are bounded: names below, and pairs of state, source and reason, which are enums.
    private readonly ConcurrentDictionary<string, StrongCount> _counts = new(StringComparer.Ordinal);
    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _calls;
    private readonly Counter<long> _agentMessages;
    private readonly Counter<long> _cutOff;
    private readonly Func<MasterGauges> _gauges;

    public MasterMetrics(Func<MasterGauges> gauges)
    {
        _gauges = gauges;
        _calls = _meter.CreateCounter<long>("plenum.master.scheduler.calls");
        _agentMessages = _meter.CreateCounter<long>("plenum.master.agent.messages");
        _cutOff = _meter.CreateCounter<long>("plenum.master.streams.cut_off");
        _meter.CreateObservableGauge("plenum.master.queue", () => _gauges().QueuedCommands);
        foreach (var name in MessageNames.All)
        {
            _counts[name] = new StrongCount();
        }
    }

    public void SchedulerCall(CallType type, bool again)
    {
        _calls.Add(1, new KeyValuePair<string, object?>("type", WireNames.Of(type)));
        if (MessageNames.Of(type, again) is { } name)
        {
            Increment(name);
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
        SystemMetrics.Add(all);
        return all;
    }

    public void Dispose() => _meter.Dispose();

    private static bool IsTerminal(TaskState state) => state is not (
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
