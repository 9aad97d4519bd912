using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Updates that are taken back when they stand still. Each has a deadline that moves with every new instance that becomes
/// ready; once all were ready at one moment it is over, and what ends slowly after that is no fault of the new version.
/// </summary>
/// <remarks>
/// Kept in memory: after a restart of the orchestrator an update has its whole deadline again, since nobody saw what it did
/// meanwhile.
/// </remarks>
internal sealed class ProgressWatch(CoreContext context)
{
    // The most that were ready so far: one that fails and recovers again and again is no progress.
    private readonly Dictionary<PathId, int> _most = [];

    /// <summary>
    /// Watches a replacement that asks for it. What is new or only restarted has nothing to go back to, and a rollback is not
    /// taken back.
    /// </summary>
    public void Begin(DeploymentPlan plan, RunSpec target)
    {
        var original = plan.Services.First(change => change.App == target.Id).Original;
        if (target.UpgradeStrategy.AutoRevert && plan.Undoes is null && original?.ChangeTo(target) == AppChange.Restart)
        {
            _most[target.Id] = 0;
            Arm(target);
        }
    }

    public void Saw(RunSpec target, int ready)
    {
        if (!_most.TryGetValue(target.Id, out var most) || ready <= most)
        {
            return;
        }

        if (ready >= target.Instances)
        {
            End(target.Id);
            return;
        }

        _most[target.Id] = ready;
        Arm(target);
    }

    public void End(PathId app)
    {
        if (_most.Remove(app))
        {
            context.Timers.Cancel(KeyOf(app));
        }
    }

    /// <summary>Gives a watched service its whole deadline again.</summary>
    public void Arm(RunSpec target) =>
        context.Timers.Set(KeyOf(target.Id), context.Now + TimeSpan.FromSeconds(target.UpgradeStrategy.ProgressDeadlineSeconds));

    private static TimerKey KeyOf(PathId app) => new(TimerKind.ProgressOverdue, app.Text);
}
