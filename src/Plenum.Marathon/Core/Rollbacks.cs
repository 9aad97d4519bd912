using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Core;

/// <summary>Deployments that are taken back, by request or because they stand still.</summary>
internal sealed class Rollbacks(CoreContext context, DeploymentBook deployments, RootUpdates updates, ProgressWatch progress)
{
    public RootUpdateResult Perform(DeploymentPlan plan, string reason)
    {
        var result = updates.Update(RootUpdates.Revert(plan, reason));

        // What the plan did not get to change leaves nothing to revert and thus no conflict: it ends all the same.
        if (result is RootUpdateResult.Deployed)
        {
            deployments.Cancel(plan.Id, reason);
        }

        return result;
    }

    /// <summary>A service's update made no progress for as long as its strategy allows.</summary>
    public void Overdue(PathId app)
    {
        if (deployments.HolderOf(app) is not { } plan || plan.Services.First(change => change.App == app).Target is not { } target)
        {
            throw new InvalidOperationException($"the update of {app} is watched but not under way");
        }

        // Without a master nothing can be known of the tasks, and a refusal (its reason is published) may be over by the next time.
        var seconds = target.UpgradeStrategy.ProgressDeadlineSeconds;
        if (!context.IsConnected
            || Perform(plan, $"{app} made no progress for {seconds} s: rolled back") is not RootUpdateResult.Deployed)
        {
            progress.Arm(target);
        }
    }
}
