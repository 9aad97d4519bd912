using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Core;

/// <summary>A job with its runs, as readers see it. Replaced, never changed.</summary>
internal sealed record Job(JobSpec Spec)
{
    public JobState State { get; init; } = new();

    /// <summary>By the order of their creation.</summary>
    public ImmutableSortedDictionary<long, JobRun> Active { get; init; } = ImmutableSortedDictionary<long, JobRun>.Empty;

    /// <summary>Newest first, as the failed ones and the skipped ticks.</summary>
    public ImmutableList<JobRun> Succeeded { get; init; } = [];

    public ImmutableList<JobRun> Failed { get; init; } = [];

    public ImmutableList<SkippedTick> Skips { get; init; } = [];

    public JobRun? FindRun(string id) =>
        Active.Values.FirstOrDefault(run => run.Id == id)
        ?? Succeeded.Find(run => run.Id == id)
        ?? Failed.Find(run => run.Id == id);
}

/// <summary>What is kept of a job beside its definition and its runs.</summary>
internal sealed record JobState
{
    public long SuccessCount { get; init; }

    public long FailureCount { get; init; }

    public DateTimeOffset? LastSuccessAt { get; init; }

    public DateTimeOffset? LastFailureAt { get; init; }

    /// <summary>
    /// Of the dependencies, those whose newest run succeeded since this job was last started by them. When it is all of
    /// them the job starts, whatever became of its own last run.
    /// </summary>
    public ValueList<string> ReadyDependencies { get; init; } = [];
}
