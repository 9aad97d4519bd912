using Plenum.Marathon.Definitions;
using Plenum.Marathon.LaunchQueue;
using Plenum.Metronome.Definitions;

namespace Plenum.Metronome.Runs;

/// <summary>One run of a job, under way or in its history.</summary>
internal sealed record JobRun
{
    public required string Id { get; init; }

    public required string JobId { get; init; }

    /// <summary>Order of creation over all jobs, also where clocks were set.</summary>
    public required long Sequence { get; init; }

    public RunStatus Status { get; init; } = RunStatus.Starting;

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public RunCause Cause { get; init; }

    /// <summary>The schedule that made it, the tick it stands for, and how long it may wait for a machine; of a manual run null.</summary>
    public string? ScheduleId { get; init; }

    public DateTimeOffset? ScheduledFor { get; init; }

    public int? StartingDeadlineSeconds { get; init; }

    /// <summary>As the job was when the run was created; null once it ended.</summary>
    public JobRunSpec? Spec { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    /// <summary>The latest, oldest first.</summary>
    public ValueList<RunTask> Tasks { get; init; } = [];

    /// <summary>All tasks there were, also those that are not kept.</summary>
    public int Attempts { get; init; }

    public Backoff? Backoff { get; init; }

    /// <summary>An agent had a task of it: the starting deadline is met.</summary>
    public bool WasActive { get; init; }

    public bool StopRequested { get; init; }

    /// <summary>Its job was deleted: it is watched until its task is gone, and leaves no trace.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    public bool IsOver => Status >= RunStatus.Success;

    public RunTask? Live => Tasks.Count > 0 && Tasks[^1].IsLive ? Tasks[^1] : null;

    public bool IsWaiting => !IsOver && Live is null;

    public RunKey Key => new(JobId, Id);
}

/// <summary>A run's name among all jobs.</summary>
internal readonly record struct RunKey(string JobId, string RunId);
