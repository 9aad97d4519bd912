using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Core;

/// <summary>Deployments that are taken back, by request or because they stand still.</summary>
internal sealed class Rollbacks(DeploymentBook deployments, RootUpdates updates, ProgressWatch progress)
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
        if (deployments.HolderOf(app) is not { } plan)
        {
            throw new InvalidOperationException($"the update of {app} is watched but not under way");
        }

        if (progress.Overdue(app) is { } seconds
            && Perform(plan, $"{app} made no progress for {seconds} s: rolled back") is not RootUpdateResult.Deployed)
        {
            progress.NotTakenBack(app);
        }
    }
}
