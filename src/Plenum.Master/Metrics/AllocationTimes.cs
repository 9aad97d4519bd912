using Plenum.Http.Diagnostics;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;

namespace Plenum.Master.Metrics;

/// <summary>
/// How long the allocator works, and how long it waits for its turn. It runs inside a tick of the kernel,
/// which reads no clock: a tick in which it ran is measured as a whole. What else a tick does (deadlines that
/// are due) is microseconds beside it.
/// </summary>
internal sealed class AllocationTimes(TimeProvider clock)
{
    private static readonly KernelCommand Tick = new KernelCommand.Tick();

    /// <summary>As long as Mesos keeps those of its allocator.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly TimerWindow _runs = new("allocator/mesos/allocation_run_ms", Window, clock);
    private readonly TimerWindow _waits = new("allocator/mesos/allocation_run_latency_ms", Window, clock);

    public void ApplyTick(ClusterKernel kernel, DateTimeOffset now, List<KernelEffect> effects)
    {
        var (due, before) = (kernel.NextAllocation, kernel.AllocationRuns);
        var started = clock.GetTimestamp();
        kernel.Apply(Tick, now, effects);
        if (kernel.AllocationRuns != before)
        {
            _runs.Record(clock.GetElapsedTime(started));
            _waits.Record(due < now ? now - due.Value : TimeSpan.Zero);
        }
    }

    public void Add(IDictionary<string, double> all)
    {
        _runs.Add(all);
        _waits.Add(all);
    }
}
