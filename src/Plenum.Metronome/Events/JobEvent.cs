using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Events;

/// <summary>What happened, for clients that follow it. The original had no event stream, so the names are Plenum's own.</summary>
/// <param name="Type">As clients name it in <c>event_type</c>.</param>
internal abstract record JobEvent(string Type, DateTimeOffset At, string JobId)
{
    internal sealed record Created(DateTimeOffset At, JobSpec Spec) : JobEvent("job_created", At, Spec.Id);

    internal sealed record Updated(DateTimeOffset At, JobSpec Spec) : JobEvent("job_updated", At, Spec.Id);

    internal sealed record Deleted(DateTimeOffset At, string JobId) : JobEvent("job_deleted", At, JobId);

    internal sealed record RunCreated(DateTimeOffset At, JobRun Run) : JobEvent("run_created", At, Run.JobId);

    internal sealed record RunUpdated(DateTimeOffset At, JobRun Run) : JobEvent("run_updated", At, Run.JobId);

    internal sealed record RunFinished(DateTimeOffset At, JobRun Run) : JobEvent("run_finished", At, Run.JobId);

    internal sealed record TickSkipped(DateTimeOffset At, string JobId, SkippedTick Tick) : JobEvent("tick_skipped", At, JobId);
}
