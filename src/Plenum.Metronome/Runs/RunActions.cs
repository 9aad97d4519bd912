using System.Globalization;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Events;

namespace Plenum.Metronome.Runs;

/// <summary>What can be done to runs: start, try again, stop, end. Kills are repeated until the task is gone.</summary>
internal sealed class RunActions(CoreContext context, JobBook book)
{
    /// <summary>First pause before a failed run is tried again; the original tried at once, for ever.</summary>
    private const int FirstBackoffSeconds = 1;

    /// <summary>Each further pause against the one before, up to the job's maxLaunchDelay.</summary>
    private const double BackoffFactor = 2;

    /// <summary>Tasks kept of one run: the latest. One that fails for days must not grow without end.</summary>
    private const int MaxTasks = 20;

    private const int NameLetters = 5;

    /// <summary>A run ended; jobs that depend on its job may start.</summary>
    public Action<JobRun> OnEnded { get; set; } = static _ => { };

    /// <summary>null when a job, or all of them together, have as many runs as there may be.</summary>
    public JobRun? Start(Job job, JobRunSpec spec, RunCause cause, ScheduleSpec? schedule = null, DateTimeOffset? tick = null)
    {
        if (job.Active.Count >= JobBounds.MaxActiveRuns || book.Active.Count >= JobBounds.MaxAllActiveRuns)
        {
            return null;
        }

        var run = new JobRun
        {
            Id = NewName(job.Spec.Id),
            JobId = job.Spec.Id,
            Sequence = ++context.LastSequence,
            CreatedAt = context.Wall,
            Cause = cause,
            ScheduleId = schedule?.Id,
            ScheduledFor = tick,
            StartingDeadlineSeconds = schedule?.StartingDeadlineSeconds,
            Spec = spec,
            Labels = job.Spec.Labels,
        };
        book.Put(run);
        ArmStartingDeadline(run);
        context.Publish(new JobEvent.RunCreated(context.Wall, run));
        return run;
    }

    /// <summary>Deadlines of a run that was stored. What it waited for before counts.</summary>
    public void Restored(JobRun run)
    {
        ArmStartingDeadline(run);
        if (run.IsWaiting && run.Backoff is { } backoff && backoff.Until > context.Wall)
        {
            // Never longer than it was meant: the clock may have been ahead when it was written.
            var left = backoff.Until - context.Wall;
            context.Timers.Set(new RunTimer(RunTimerKind.BackoffOver, run.Key), context.Now + (left < backoff.Delay ? left : backoff.Delay));
        }

        if (run.StopRequested && run.IsWaiting)
        {
            Fail(run, "stopped on request");
        }
        else if (run.Live is { } task)
        {
            ArmLaunch(run, task);
            if (task.UnreachableSince is { } since)
            {
                ArmUnreachable(run, since);
            }
        }
    }

    /// <summary>Its launch leaves now.</summary>
    public void Launched(JobRun run, RunTask task)
    {
        var tasks = run.Tasks.Add(task);
        var launched = run with
        {
            Tasks = tasks.Count > MaxTasks ? tasks.AsEnumerable().Skip(tasks.Count - MaxTasks).ToValueList() : tasks,
            Attempts = run.Attempts + 1,
        };
        book.Put(launched);
        ArmLaunch(launched, task);
    }

    /// <summary>The run as it is now, told to whoever follows it.</summary>
    public void Update(JobRun run)
    {
        book.Put(run);
        context.Publish(new JobEvent.RunUpdated(context.Wall, run));
    }

    public void Stop(JobRun run)
    {
        if (run.Live is not { } task)
        {
            Fail(run with { StopRequested = true }, "stopped on request");
            return;
        }

        if (!run.StopRequested)
        {
            Update(run with { StopRequested = true });
        }

        SendKill(run.Key, task);
    }

    public void RetryKill(RunKey key)
    {
        if (book.FindActive(key) is { StopRequested: true, Live: { } task })
        {
            SendKill(key, task);
        }
    }

    /// <summary>The task ended, and not well: another one follows, or the run failed.</summary>
    public void TaskFailed(JobRun run, string reason)
    {
        var now = context.Wall;
        if (run.StopRequested)
        {
            Fail(run, "stopped on request");
        }
        else if (run.Spec is not { RestartPolicy: RestartPolicy.OnFailure })
        {
            Fail(run, reason);
        }
        else if (IsPastActiveDeadline(run))
        {
            Fail(run, $"{reason}; the time for restarts ({run.Spec.ActiveDeadlineSeconds} s) is over");
        }
        else
        {
            WaitAgain(run, now);
        }
    }

    /// <summary>The task never was anywhere: it is launched again, whatever the policy says of failures.</summary>
    public void LaunchLost(JobRun run)
    {
        if (run.StopRequested)
        {
            Fail(run, "stopped on request");
        }
        else
        {
            WaitAgain(run, context.Wall);
        }
    }

    public void BackoffOver(RunKey key)
    {
        if (book.FindActive(key) is { IsWaiting: true } run)
        {
            if (run.Attempts > 0 && run.Spec is { RestartPolicy: RestartPolicy.OnFailure } && IsPastActiveDeadline(run))
            {
                Fail(run, $"the time for restarts ({run.Spec.ActiveDeadlineSeconds} s) is over");
                return;
            }

            book.OnWaiting(run);
        }
    }

    /// <summary>No machine was found in time.</summary>
    public void StartingDeadlineOver(RunKey key)
    {
        if (book.FindActive(key) is not { WasActive: false, StartingDeadlineSeconds: { } seconds } run)
        {
            return;
        }

        var reason = $"it could not be started within its starting deadline ({seconds} s)";
        if (run.Live is { } task)
        {
            // Sent, and nobody said a word of it: it may be running. It ends before the run does.
            Update(run with { StopRequested = true, Message = reason });
            SendKill(key, task);
        }
        else
        {
            Fail(run, reason);
        }
    }

    public void Succeed(JobRun run) => End(run with { Status = RunStatus.Success, CompletedAt = context.Wall, Message = null });

    public void Fail(JobRun run, string reason) =>
        End(run with { Status = RunStatus.Failed, CompletedAt = context.Wall, Message = run.Message ?? reason });

    public void SendKill(RunKey run, RunTask task)
    {
        context.SendKill(task.Id, task.AgentId);
        context.Timers.Set(new RunTimer(RunTimerKind.KillRetry, run), context.Now + context.Options.KillRetryInterval);
    }

    public void ArmUnreachable(JobRun run, DateTimeOffset since)
    {
        var passed = context.Wall > since ? context.Wall - since : TimeSpan.Zero;
        context.Timers.SetIfAbsent(
            new RunTimer(RunTimerKind.UnreachableOver, run.Key), context.Now + (context.Options.UnreachableTimeout - passed));
    }

    public bool IsDelayed(RunKey run) => context.Timers.Contains(new RunTimer(RunTimerKind.BackoffOver, run));

    private bool IsPastActiveDeadline(JobRun run) =>
        run.Spec?.ActiveDeadlineSeconds is { } seconds && context.Wall >= run.CreatedAt + TimeSpan.FromSeconds(seconds);

    private void WaitAgain(JobRun run, DateTimeOffset now)
    {
        var backoff = Backoff.After(
            run.Backoff, FirstBackoffSeconds, BackoffFactor, Math.Max(run.Spec!.MaxLaunchDelaySeconds, FirstBackoffSeconds), now);
        context.Timers.CancelAll(run.Key);
        context.Timers.Set(new RunTimer(RunTimerKind.BackoffOver, run.Key), context.Now + backoff.Delay);
        ArmStartingDeadline(run);
        Update(run with { Status = RunStatus.Starting, Backoff = backoff });
    }

    private void End(JobRun run)
    {
        context.Timers.CancelAll(run.Key);
        book.End(run);
        if (!run.IsForgotten)
        {
            context.Publish(new JobEvent.RunFinished(context.Wall, run));
            OnEnded(run);
        }
    }

    private void ArmStartingDeadline(JobRun run)
    {
        if (!run.WasActive && run.StartingDeadlineSeconds is { } seconds)
        {
            var whole = TimeSpan.FromSeconds(seconds);
            var left = run.CreatedAt + whole - context.Wall;
            context.Timers.Set(new RunTimer(RunTimerKind.StartingDeadline, run.Key), context.Now + (left < whole ? left : whole));
        }
    }

    private void ArmLaunch(JobRun run, RunTask task)
    {
        if (!task.WasHeardOf)
        {
            context.Timers.Set(new RunTimer(RunTimerKind.LaunchOverdue, run.Key), context.Now + context.Options.TaskLaunchConfirmTimeout);
        }
    }

    /// <summary>The time, to the second, and letters that make it one of its own.</summary>
    private string NewName(string job)
    {
        while (true)
        {
            var name = context.Wall.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + context.NewLetters(NameLetters);
            if (book.FindActive(new RunKey(job, name)) is null && book.Find(job)?.FindRun(name) is null)
            {
                return name;
            }
        }
    }
}
