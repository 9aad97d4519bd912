using Plenum.Marathon.Definitions;
using Plenum.Metronome.Core;

namespace Plenum.Metronome.Runs;

/// <summary>
/// Starts jobs by the success of others. A job remembers, over restarts, which of its dependencies succeeded since it
/// was last started by them; a dependency whose newest run failed is none of them. What became of the job's own run is
/// no part of the rule: one that failed starts again at the next round.
/// </summary>
internal sealed class Dependents(JobBook book, RunActions actions)
{
    public void Ended(JobRun run)
    {
        foreach (var child in book.ChildrenOf(run.JobId))
        {
            if (book.Find(child) is not { } job)
            {
                continue;
            }

            var ready = job.State.ReadyDependencies;
            if (run.Status != RunStatus.Success)
            {
                if (ready.Contains(run.JobId))
                {
                    book.PutState(child, job.State with { ReadyDependencies = Without(ready, run.JobId) });
                }

                continue;
            }

            if (!ready.Contains(run.JobId))
            {
                ready = ready.Add(run.JobId);
            }

            if (job.Spec.Dependencies.All(ready.Contains) && actions.Start(job, job.Spec.Run, RunCause.Dependency) is not null)
            {
                ready = [];
                job = book.Find(child)!;
            }

            // As many runs as may be are active: the round stays complete, and the next success starts it.
            book.PutState(child, job.State with { ReadyDependencies = ready });
        }
    }

    /// <summary>The job's dependencies are others now: what it knows of those it has no more is forgotten.</summary>
    public void Changed(Job job)
    {
        var ready = job.State.ReadyDependencies.AsEnumerable().Where(job.Spec.Dependencies.Contains).ToValueList();
        if (ready != job.State.ReadyDependencies)
        {
            book.PutState(job.Spec.Id, job.State with { ReadyDependencies = ready });
        }
    }

    private static ValueList<string> Without(ValueList<string> list, string entry) =>
        list.AsEnumerable().Where(other => other != entry).ToValueList();
}
