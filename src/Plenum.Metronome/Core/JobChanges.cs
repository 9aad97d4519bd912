using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Events;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Core;

/// <summary>Definitions made, changed and removed.</summary>
internal sealed class JobChanges(CoreContext context, JobBook book, RunActions actions, Ticker ticker, Dependents dependents)
{
    public JobResult Create(JobSpec spec)
    {
        if (book.Find(spec.Id) is not null)
        {
            return new JobResult.Conflict("Job with this id already exists");
        }

        if (book.Jobs.Count >= JobBounds.MaxJobs)
        {
            return new JobResult.Conflict($"There are {JobBounds.MaxJobs} jobs, and no more can be made: remove some first");
        }

        return Put(null, spec);
    }

    /// <param name="keepSchedules">The way of v1, whose body says nothing about them.</param>
    public JobResult Update(JobSpec spec, bool keepSchedules)
    {
        if (book.Find(spec.Id) is not { } job)
        {
            return new JobResult.NoSuchJob(spec.Id);
        }

        spec = keepSchedules ? spec with { Schedules = job.Spec.Schedules } : spec;
        return spec is { Dependencies.IsEmpty: false, Schedules.IsEmpty: false }
            ? new JobResult.Invalid("/dependencies", "A job with schedules may not have dependencies: remove the schedules first")
            : Put(job, spec);
    }

    public JobResult Delete(string id, bool stopRuns)
    {
        if (book.Find(id) is not { } job)
        {
            return new JobResult.NoSuchJob(id);
        }

        if (book.ChildrenOf(id) is { Count: > 0 } children)
        {
            return new JobResult.Conflict($"Other jobs depend on this one: {string.Join(", ", children)}");
        }

        if (!job.Active.IsEmpty && !stopRuns)
        {
            return new JobResult.Conflict("There are active job runs. Override with stopCurrentJobRuns=true");
        }

        foreach (var run in job.Active.Values)
        {
            actions.Stop(run);
        }

        book.Remove(id);
        ticker.Changed(job.Spec, null);
        context.Publish(new JobEvent.Deleted(context.Wall, id));
        return new JobResult.Done(job.Spec);
    }

    public JobResult CreateSchedule(string id, ScheduleSpec schedule)
    {
        if (book.Find(id) is not { } job)
        {
            return new JobResult.NoSuchJob(id);
        }

        if (job.Spec.FindSchedule(schedule.Id) is not null)
        {
            return new JobResult.Conflict($"requirement failed: A schedule with id {schedule.Id} already exists");
        }

        if (job.Spec.Schedules.Count >= JobBounds.MaxSchedules)
        {
            return new JobResult.Conflict($"requirement failed: Only {JobBounds.MaxSchedules} schedules supported for one job");
        }

        return job.Spec.Dependencies.IsEmpty
            ? Scheduled(job, job.Spec with { Schedules = job.Spec.Schedules.Add(schedule) }, schedule)
            : new JobResult.Invalid("/", "A job with dependencies starts when they succeed and may not have schedules");
    }

    public JobResult UpdateSchedule(string id, ScheduleSpec schedule)
    {
        if (book.Find(id) is not { } job)
        {
            return new JobResult.NoSuchJob(id);
        }

        return job.Spec.FindSchedule(schedule.Id) is null
            ? new JobResult.NoSuchSchedule(schedule.Id)
            : Scheduled(
                job,
                job.Spec with { Schedules = job.Spec.Schedules.Select(other => other.Id == schedule.Id ? schedule : other) },
                schedule);
    }

    public JobResult DeleteSchedule(string id, string schedule)
    {
        if (book.Find(id) is not { } job)
        {
            return new JobResult.NoSuchJob(id);
        }

        return job.Spec.FindSchedule(schedule) is not { } old
            ? new JobResult.NoSuchSchedule(schedule)
            : Scheduled(
                job,
                job.Spec with { Schedules = job.Spec.Schedules.AsEnumerable().Where(other => other.Id != schedule).ToValueList() },
                old);
    }

    private JobResult Scheduled(Job job, JobSpec spec, ScheduleSpec schedule) =>
        Put(job, spec) is var result and not JobResult.Done ? result : new JobResult.ScheduleDone(schedule);

    private JobResult Put(Job? before, JobSpec spec)
    {
        if (StoredJson.Write(spec).Length > JobBounds.MaxDefinitionBytes)
        {
            return new JobResult.Invalid("/", $"must not be larger than {JobBounds.MaxDefinitionBytes} bytes");
        }

        if (before?.Spec.Dependencies != spec.Dependencies && DependencyProblem(spec) is { } problem)
        {
            return problem;
        }

        book.PutSpec(spec);
        ticker.Changed(before?.Spec, spec);
        dependents.Changed(book.Find(spec.Id)!);
        context.Publish(before is null ? new JobEvent.Created(context.Wall, spec) : new JobEvent.Updated(context.Wall, spec));
        return new JobResult.Done(spec);
    }

    private JobResult.Invalid? DependencyProblem(JobSpec spec)
    {
        for (var i = 0; i < spec.Dependencies.Count; i++)
        {
            if (book.Find(spec.Dependencies[i]) is null)
            {
                return new JobResult.Invalid($"/dependencies({i})/id", $"Dependency {spec.Dependencies[i]} does not exist");
            }
        }

        // Whatever can be reached along dependencies must not be this job.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(spec.Dependencies);
        while (open.TryPop(out var next))
        {
            if (next == spec.Id)
            {
                return new JobResult.Invalid("/dependencies", "Dependencies have a cycle");
            }

            if (seen.Add(next))
            {
                foreach (var further in book.Find(next)?.Spec.Dependencies ?? [])
                {
                    open.Push(further);
                }
            }
        }

        return null;
    }
}
