using Plenum.Marathon.Core;
using Plenum.Metronome.Core;
using Plenum.Metronome.Cron;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Persistence;
using Plenum.Metronome.Runs;
using CoreContext = Plenum.Metronome.Core.CoreContext;

namespace Plenum.Metronome.Schedules;

/// <summary>A schedule's name among all jobs.</summary>
internal readonly record struct TickKey(string Job, string Schedule);

/// <summary>
/// Makes ticks into runs. Of every schedule the time is stored up to which its ticks are decided, in the transaction that
/// holds the decision: a tick is never decided twice, and one that came while nobody was there is found when somebody is.
/// </summary>
internal sealed class Ticker(CoreContext context, JobBook book, RunActions actions)
{
    /// <summary>How often the wall clock is looked at: when it was set, schedules follow within this time.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A clock that shows so much less than what was decided with was wrong before, and schedules go by what it shows
    /// now. Below that, ticks stay decided: they would come twice.
    /// </summary>
    private static readonly TimeSpan NotableSetBack = TimeSpan.FromHours(1);

    /// <summary>Missed ticks that are counted one by one: a week of minutes.</summary>
    private const int MaxCounted = 10_080;

    private readonly DeadlineQueue<TickKey> _due = new();
    private readonly Dictionary<TickKey, Entry> _entries = [];

    /// <summary>The latest time that the wall clock showed, since it was last set back.</summary>
    private DateTimeOffset _newest;

    /// <summary>In steady time; null when no schedule is enabled.</summary>
    public DateTimeOffset? NextDeadline
    {
        get
        {
            if (_due.NextDeadline is not { } due)
            {
                return null;
            }

            var sleep = due - context.Wall;
            return context.Now + (sleep < TimeSpan.Zero ? TimeSpan.Zero : sleep < LongestSleep ? sleep : LongestSleep);
        }
    }

    /// <summary>A job was made or changed, or (with null) removed: its schedules count from now, unless they are the same.</summary>
    public void Changed(JobSpec? before, JobSpec? after)
    {
        foreach (var old in before?.Schedules ?? [])
        {
            if (after?.FindSchedule(old.Id) is not { } same || !SameTimes(old, same))
            {
                var key = new TickKey(before!.Id, old.Id);
                _due.Cancel(key);
                _entries.Remove(key);
                context.Write(StoreKeys.Cursor(key.Job, key.Schedule), null);
            }
        }

        foreach (var schedule in after?.Schedules ?? [])
        {
            var key = new TickKey(after!.Id, schedule.Id);
            if (schedule.Enabled && !_entries.ContainsKey(key))
            {
                Add(key, schedule, context.Wall);
                context.Write(StoreKeys.Cursor(key.Job, key.Schedule), new StoredCursor(context.Wall));
            }
        }
    }

    public void Restore(StoredState state)
    {
        var cursors = state.Cursors.ToDictionary(static entry => new TickKey(entry.Job, entry.Schedule), static entry => entry.Cursor);
        foreach (var job in book.Jobs.Values)
        {
            foreach (var schedule in job.Spec.Schedules.AsEnumerable().Where(static schedule => schedule.Enabled))
            {
                var key = new TickKey(job.Spec.Id, schedule.Id);
                var cursor = cursors.TryGetValue(key, out var stored) ? stored.DecidedUntil : context.Wall;
                Add(key, schedule, cursor > context.Wall + NotableSetBack ? context.Wall : cursor);
            }
        }

        foreach (var key in cursors.Keys.Where(key => !_entries.ContainsKey(key)))
        {
            context.Write(StoreKeys.Cursor(key.Job, key.Schedule), null);
        }
    }

    /// <summary>Decides every tick that is due.</summary>
    public void Run()
    {
        var wasSetBack = context.Wall + NotableSetBack < _newest;
        _newest = wasSetBack || context.Wall > _newest ? context.Wall : _newest;
        if (wasSetBack)
        {
            foreach (var (key, entry) in _entries.Where(entry => entry.Value.Cursor > context.Wall + NotableSetBack).ToList())
            {
                Decided(key, entry, context.Wall);
            }
        }

        while (_due.TryTakeDue(context.Wall, out var key))
        {
            if (_entries.TryGetValue(key, out var entry)
                && book.Find(key.Job) is { } job
                && job.Spec.FindSchedule(key.Schedule) is { } schedule)
            {
                Decide(key, entry, job, schedule);
            }
        }
    }

    private void Decide(TickKey key, Entry entry, Job job, ScheduleSpec schedule)
    {
        if (entry.Spec.Latest(entry.Cursor, context.Wall, entry.Zone) is not { } latest)
        {
            Arm(key, entry);
            return;
        }

        var deadline = TimeSpan.FromSeconds(schedule.StartingDeadlineSeconds);
        var isLate = context.Wall - latest > deadline;

        // 1. Those before the latest came while nobody was there.
        var missed = entry.Spec.Count(entry.Cursor, isLate ? latest.AddTicks(1) : latest, entry.Zone, MaxCounted);
        if (missed > 0)
        {
            var first = entry.Spec.Next(entry.Cursor, entry.Zone)!.Value;
            var last = isLate ? latest : entry.Spec.Latest(entry.Cursor, latest.AddTicks(-1), entry.Zone) ?? first;
            Skip(key, isLate ? SkipReason.Missed : SkipReason.Superseded, first, last, missed, isLate
                ? $"the scheduler was not running, and the starting deadline of {schedule.StartingDeadlineSeconds} s passed"
                : "the scheduler was not running; the latest tick was started instead");
        }

        // 2. The latest.
        if (!isLate)
        {
            Start(key, job, schedule, latest);
        }

        Decided(key, entry, latest);
    }

    private void Start(TickKey key, Job job, ScheduleSpec schedule, DateTimeOffset tick)
    {
        if (schedule.ConcurrencyPolicy == ConcurrencyPolicy.Forbid && book.FirstActiveOf(key.Job) is { } active)
        {
            Skip(key, SkipReason.Forbidden, tick, tick, 1, $"run {active.Id} was active, and the schedule forbids another beside it");
        }
        else if (actions.Start(job, job.Spec.Run, RunCause.Schedule, schedule, tick) is null)
        {
            Skip(key, SkipReason.TooManyRuns, tick, tick, 1, $"{job.Active.Count} runs of the job were active; no more were started");
        }
    }

    private void Skip(TickKey key, SkipReason reason, DateTimeOffset first, DateTimeOffset last, int count, string message) =>
        book.Skip(key.Job, new SkippedTick
        {
            Sequence = ++context.LastSequence,
            ScheduleId = key.Schedule,
            Reason = reason,
            Message = message,
            First = first,
            Last = last,
            Count = count,
            IsAtLeast = count >= MaxCounted,
        });

    private void Decided(TickKey key, Entry entry, DateTimeOffset until)
    {
        entry = entry with { Cursor = until };
        _entries[key] = entry;
        context.Write(StoreKeys.Cursor(key.Job, key.Schedule), new StoredCursor(until));
        Arm(key, entry);
    }

    private void Add(TickKey key, ScheduleSpec schedule, DateTimeOffset cursor)
    {
        var entry = new Entry(CronSpec.Parse(schedule.Cron), TimeZones.OrUtc(schedule.TimeZone), cursor);
        _entries[key] = entry;
        _newest = cursor > _newest ? cursor : _newest;
        Arm(key, entry);
    }

    private void Arm(TickKey key, Entry entry)
    {
        if (entry.Spec.Next(entry.Cursor, entry.Zone) is { } next)
        {
            _due.Set(key, next);
        }
        else
        {
            _due.Cancel(key);
        }
    }

    private static bool SameTimes(ScheduleSpec left, ScheduleSpec right) =>
        left.Cron == right.Cron && left.TimeZone == right.TimeZone && left.Enabled == right.Enabled;

    private sealed record Entry(CronSpec Spec, TimeZoneInfo Zone, DateTimeOffset Cursor);
}
