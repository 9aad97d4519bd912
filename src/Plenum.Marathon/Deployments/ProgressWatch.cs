using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Updates that are taken back when they stand still. Each has a deadline that moves with every new instance that becomes
/// ready; once all were ready at one moment it is over, and what ends slowly after that is no fault of the new version.
/// </summary>
/// <remarks>
/// Kept in memory: after a restart of the orchestrator, and after a time without a master, an update has its whole deadline
/// again, since nobody saw what it did meanwhile.
/// </remarks>
internal sealed class ProgressWatch(CoreContext context, RootBook roots)
{
    private readonly Dictionary<PathId, Watched> _watched = [];

    /// <summary>
    /// Watches a replacement that asks for it. What is new or only restarted has nothing to go back to, and a rollback is not
    /// taken back.
    /// </summary>
    public void Begin(DeploymentPlan plan, RunSpec target)
    {
        var original = plan.Services.First(change => change.App == target.Id).Original;
        if (target.UpgradeStrategy.AutoRevert && plan.Undoes is null && original?.ChangeTo(target) == AppChange.Restart)
        {
            _watched[target.Id] = new Watched(target);
            BeginAnew(_watched[target.Id]);
        }
    }

    /// <summary>
    /// What was seen of a replacement: its new instances that are ready, whether it waits for something that is no fault of
    /// theirs, and whether it stands still, so that the last word about them is not spoken.
    /// </summary>
    public void Saw(PathId app, int ready, bool waits, bool holds)
    {
        if (!_watched.TryGetValue(app, out var watched))
        {
            return;
        }

        if (ready >= roots.CountOf(watched.Target) && !holds)
        {
            End(app);
            return;
        }

        // One that fails and recovers again and again is no progress: only more than ever before is. While nothing new can be
        // started, for as long as old ones take to end, time does not count.
        if (waits)
        {
            context.Timers.Cancel(KeyOf(app));
        }
        else if (ready > watched.Most || watched.Waits)
        {
            BeginAnew(watched);
        }

        watched.Waits = waits;
        watched.Most = Math.Max(watched.Most, ready);
    }

    public void End(PathId app)
    {
        if (_watched.Remove(app))
        {
            context.Timers.Cancel(KeyOf(app));
        }
    }

    /// <summary>There is a master again.</summary>
    public void Reconnected()
    {
        foreach (var watched in _watched.Values.Where(static watched => !watched.Waits).OrderBy(static watched => watched.Target.Id))
        {
            BeginAnew(watched);
        }
    }

    /// <summary>
    /// Called at a deadline: null, or the seconds that passed without progress. The strategy of the moment counts, since it may
    /// change while the update is under way: it may give more time, or not ask any more.
    /// </summary>
    public int? Overdue(PathId app)
    {
        var watched = _watched[app];
        if (roots.Find(app) is not { UpgradeStrategy: { AutoRevert: true } strategy } current
            || current.VersionInfo != watched.Target.VersionInfo)
        {
            End(app);
            return null;
        }

        // Without a master nothing can be known of the tasks; the deadline begins anew when there is one.
        if (!context.IsConnected)
        {
            return null;
        }

        var due = watched.Since + TimeSpan.FromSeconds(strategy.ProgressDeadlineSeconds);
        if (due > context.Now)
        {
            context.Timers.Set(KeyOf(app), due);
            return null;
        }

        return strategy.ProgressDeadlineSeconds;
    }

    /// <summary>Its rollback was refused, which is published; the reason may be over after the next deadline.</summary>
    public void NotTakenBack(PathId app) => BeginAnew(_watched[app]);

    private void BeginAnew(Watched watched)
    {
        watched.Since = context.Now;
        var strategy = (roots.Find(watched.Target.Id) ?? watched.Target).UpgradeStrategy;
        context.Timers.Set(KeyOf(watched.Target.Id), context.Now + TimeSpan.FromSeconds(strategy.ProgressDeadlineSeconds));
    }

    private static TimerKey KeyOf(PathId app) => new(TimerKind.ProgressOverdue, app.Text);

    private sealed class Watched(RunSpec target)
    {
        public RunSpec Target { get; } = target;

        public int Most { get; set; }

        public bool Waits { get; set; }

        public DateTimeOffset Since { get; set; }
    }
}
