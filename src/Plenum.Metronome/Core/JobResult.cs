using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Core;

/// <summary>What became of a request.</summary>
internal abstract record JobResult
{
    private JobResult()
    {
    }

    internal sealed record Done(JobSpec Job) : JobResult;

    internal sealed record ScheduleDone(ScheduleSpec Schedule) : JobResult;

    internal sealed record RunDone(JobRun Run) : JobResult;

    internal sealed record NoSuchJob(string Id) : JobResult;

    internal sealed record NoSuchSchedule(string Id) : JobResult;

    internal sealed record NoSuchRun(string Job, string Id) : JobResult;

    internal sealed record Conflict(string Message) : JobResult;

    /// <summary>A rule that needs other jobs is broken.</summary>
    internal sealed record Invalid(string Path, string Message) : JobResult;
}
