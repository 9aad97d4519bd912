using System.Collections.Immutable;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Events;
using Plenum.Metronome.Persistence;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Core;

/// <summary>All jobs and their runs, written through to the store, with the indexes that decisions need.</summary>
internal sealed class JobBook(CoreContext context)
{
    private readonly Dictionary<RunKey, JobRun> _active = [];
    private readonly Dictionary<string, RunKey> _byTask = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _children = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, RunKey> _waiting = [];
    private readonly HashSet<RunKey> _forgotten = [];

    public ImmutableSortedDictionary<string, Job> Jobs { get; private set; } =
        ImmutableSortedDictionary.Create<string, Job>(StringComparer.Ordinal);

    /// <summary>Runs that want a machine, oldest first.</summary>
    public IReadOnlyDictionary<long, RunKey> Waiting => _waiting;

    /// <summary>Runs under way, those of deleted jobs included.</summary>
    public IReadOnlyCollection<JobRun> Active => _active.Values;

    /// <summary>A run began to wait.</summary>
    public Action<JobRun> OnWaiting { get; set; } = static _ => { };

    public Job? Find(string job) => Jobs.GetValueOrDefault(job);

    public JobRun? FindActive(RunKey key) => _active.GetValueOrDefault(key);

    public JobRun? FindByTask(string taskId) => _byTask.TryGetValue(taskId, out var key) ? FindActive(key) : null;

    /// <summary>Any run under way under this name, also of a deleted job of the same name.</summary>
    public JobRun? FirstActiveOf(string job) =>
        Find(job)?.Active.Values.FirstOrDefault()
        ?? _forgotten.Where(key => key.JobId == job).Select(FindActive).FirstOrDefault();

    /// <summary>Jobs that wait for this one, in the order of their names.</summary>
    public IReadOnlyList<string> ChildrenOf(string job) =>
        _children.TryGetValue(job, out var children) ? [.. children.Order(StringComparer.Ordinal)] : [];

    public void PutSpec(JobSpec spec)
    {
        var job = Find(spec.Id);
        Relate(job?.Spec, spec);
        Jobs = Jobs.SetItem(spec.Id, job is null ? new Job(spec) : job with { Spec = spec });
        context.Write(StoreKeys.Job(spec.Id), spec);
    }

    public void PutState(string id, JobState state)
    {
        if (Find(id) is { } job)
        {
            Jobs = Jobs.SetItem(id, job with { State = state });
            context.Write(StoreKeys.State(id), state);
        }
    }

    /// <summary>The job and its history are gone; what runs is forgotten once it ended.</summary>
    public void Remove(string id)
    {
        if (Find(id) is not { } job)
        {
            return;
        }

        Relate(job.Spec, null);
        Jobs = Jobs.Remove(id);
        context.Write(StoreKeys.Job(id), null);
        context.Write(StoreKeys.State(id), null);
        foreach (var run in job.Succeeded.Concat(job.Failed))
        {
            context.Write(StoreKeys.Run(run.Key), null);
        }

        foreach (var skip in job.Skips)
        {
            context.Write(StoreKeys.Skip(id, skip.Sequence), null);
        }

        foreach (var run in job.Active.Values)
        {
            Put(run with { IsForgotten = true });
        }
    }

    /// <summary>A run under way as it is now.</summary>
    public void Put(JobRun run)
    {
        Index(run);
        context.Write(StoreKeys.Run(run.Key), run);
    }

    /// <summary>A run ended: it moves to the history, where the oldest gives way.</summary>
    public void End(JobRun run)
    {
        Unindex(run);
        var ended = run with { Spec = null, Backoff = null };
        if (ended.IsForgotten || Find(run.JobId) is not { } job)
        {
            context.Write(StoreKeys.Run(run.Key), null);
            return;
        }

        context.Write(StoreKeys.Run(run.Key), ended);
        var succeeded = ended.Status == RunStatus.Success;
        var list = Prune((succeeded ? job.Succeeded : job.Failed).Insert(0, ended), old => context.Write(StoreKeys.Run(old.Key), null));
        var state = succeeded
            ? job.State with { SuccessCount = job.State.SuccessCount + 1, LastSuccessAt = ended.CompletedAt }
            : job.State with { FailureCount = job.State.FailureCount + 1, LastFailureAt = ended.CompletedAt };
        Jobs = Jobs.SetItem(job.Spec.Id, succeeded
            ? job with { Active = job.Active.Remove(run.Sequence), Succeeded = list }
            : job with { Active = job.Active.Remove(run.Sequence), Failed = list });
        PutState(job.Spec.Id, state);
    }

    /// <summary>A tick became no run. One like the newest is counted there.</summary>
    public void Skip(string id, SkippedTick tick)
    {
        if (Find(id) is not { } job)
        {
            return;
        }

        if (job.Skips is [var newest, ..]
            && newest.ScheduleId == tick.ScheduleId
            && newest.Reason == tick.Reason
            && newest.Message == tick.Message
            && tick.Reason is SkipReason.Forbidden or SkipReason.TooManyRuns)
        {
            tick = newest with { Last = tick.Last, Count = newest.Count + tick.Count };
            Jobs = Jobs.SetItem(id, job with { Skips = job.Skips.SetItem(0, tick) });
        }
        else
        {
            Jobs = Jobs.SetItem(id, job with
            {
                Skips = Prune(job.Skips.Insert(0, tick), old => context.Write(StoreKeys.Skip(id, old.Sequence), null)),
            });
        }

        context.Write(StoreKeys.Skip(id, tick.Sequence), tick);
        context.Publish(new JobEvent.TickSkipped(context.Wall, id, tick));
    }

    /// <summary>Takes over what was stored. What belongs to no job is the rest of one that was deleted.</summary>
    public void Restore(StoredState state)
    {
        foreach (var spec in state.Jobs)
        {
            Relate(null, spec);
        }

        var states = state.States.ToDictionary(static entry => entry.Job, static entry => entry.State, StringComparer.Ordinal);
        var runs = state.Runs.ToLookup(static run => run.JobId, StringComparer.Ordinal);
        var skips = state.Skips.ToLookup(static entry => entry.Job, static entry => entry.Skip, StringComparer.Ordinal);
        Jobs = state.Jobs.ToImmutableSortedDictionary(static spec => spec.Id, spec => new Job(spec)
        {
            State = states.GetValueOrDefault(spec.Id) ?? new JobState(),
            Active = runs[spec.Id].Where(static run => !run.IsOver && !run.IsForgotten)
                .ToImmutableSortedDictionary(static run => run.Sequence, static run => run),
            Succeeded = [.. runs[spec.Id].Where(static run => run.Status == RunStatus.Success).OrderByDescending(static run => run.CompletedAt)],
            Failed = [.. runs[spec.Id].Where(static run => run.Status == RunStatus.Failed).OrderByDescending(static run => run.CompletedAt)],
            Skips = [.. skips[spec.Id].OrderByDescending(static skip => skip.Sequence)],
        }, StringComparer.Ordinal);
        foreach (var run in state.Runs.OrderBy(static run => run.Sequence))
        {
            context.LastSequence = Math.Max(context.LastSequence, run.Sequence);
            if (!run.IsOver)
            {
                Index(run.IsForgotten || Find(run.JobId) is not null ? run : run with { IsForgotten = true, StopRequested = true });
            }
            else if (Find(run.JobId) is null)
            {
                context.Write(StoreKeys.Run(run.Key), null);
            }
        }

        foreach (var (job, skip) in state.Skips)
        {
            context.LastSequence = Math.Max(context.LastSequence, skip.Sequence);
            if (Find(job) is null)
            {
                context.Write(StoreKeys.Skip(job, skip.Sequence), null);
            }
        }

        foreach (var (job, _) in state.States.Where(entry => Find(entry.Job) is null))
        {
            context.Write(StoreKeys.State(job), null);
        }
    }

    private void Index(JobRun run)
    {
        if (_active.GetValueOrDefault(run.Key) is { Tasks: [var oldest, ..] } && oldest.Id != run.Tasks[0].Id)
        {
            // The oldest of many gave way to a new one.
            _byTask.Remove(oldest.Id);
        }

        _active[run.Key] = run;
        if (run.IsForgotten)
        {
            _forgotten.Add(run.Key);
        }

        foreach (var task in run.Tasks)
        {
            // One that ended is still known by its name: a word about it that comes late is not about a stranger.
            _byTask[task.Id] = run.Key;
        }

        if (!run.IsWaiting)
        {
            _waiting.Remove(run.Sequence);
        }
        else if (_waiting.TryAdd(run.Sequence, run.Key))
        {
            OnWaiting(run);
        }

        if (Find(run.JobId) is { } job)
        {
            Jobs = Jobs.SetItem(run.JobId, job with
            {
                Active = run.IsForgotten ? job.Active.Remove(run.Sequence) : job.Active.SetItem(run.Sequence, run),
            });
        }
    }

    private void Unindex(JobRun run)
    {
        _active.Remove(run.Key);
        _forgotten.Remove(run.Key);
        _waiting.Remove(run.Sequence);
        foreach (var task in run.Tasks)
        {
            _byTask.Remove(task.Id);
        }
    }

    private void Relate(JobSpec? before, JobSpec? after)
    {
        foreach (var parent in before?.Dependencies ?? [])
        {
            _children[parent].Remove(before!.Id);
        }

        foreach (var parent in after?.Dependencies ?? [])
        {
            if (!_children.TryGetValue(parent, out var children))
            {
                _children.Add(parent, children = new HashSet<string>(StringComparer.Ordinal));
            }

            children.Add(after!.Id);
        }
    }

    private ImmutableList<T> Prune<T>(ImmutableList<T> newestFirst, Action<T> forget)
    {
        while (newestFirst.Count > context.Options.HistoryCount)
        {
            forget(newestFirst[^1]);
            newestFirst = newestFirst.RemoveAt(newestFirst.Count - 1);
        }

        return newestFirst;
    }
}
