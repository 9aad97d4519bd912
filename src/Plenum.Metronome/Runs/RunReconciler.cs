using Plenum.Metronome.Core;
using Plenum.Scheduling;

namespace Plenum.Metronome.Runs;

/// <summary>
/// Closes the gap between what is believed of tasks and what the cluster knows: at once when a subscription opens, again a
/// little later when agents had time to return to a new master, and then now and then.
/// </summary>
internal sealed class RunReconciler(CoreContext context, JobBook book, RunActions actions)
{
    private static readonly RunTimer Timer = new(RunTimerKind.Reconcile);

    public void Start()
    {
        // Kills that were asked for while nobody listened, or whose call was lost with the connection.
        foreach (var run in WithTask().Where(static run => run.StopRequested))
        {
            actions.SendKill(run.Key, run.Live!);
        }

        Ask();
        context.Timers.Set(Timer, context.Now + context.Options.ReconciliationInitialDelay);
    }

    public void Stop() => context.Timers.Cancel(Timer);

    public void Run()
    {
        if (context.IsConnected)
        {
            Ask();
            context.Timers.Set(Timer, context.Now + context.Options.ReconciliationInterval);
        }
    }

    /// <summary>First what became of the tasks that are known (explicit), then which others there are (implicit).</summary>
    private void Ask()
    {
        var known = WithTask().Select(static run => RunTracker.Question(run.Live!)).ToList();

        // An empty list would already be the implicit question.
        if (known.Count > 0)
        {
            context.Send(SchedulerCalls.Reconcile(known));
        }

        context.Send(SchedulerCalls.Reconcile());
    }

    private IEnumerable<JobRun> WithTask() =>
        book.Active.Where(static run => run.Live is not null).OrderBy(static run => run.Sequence);
}
