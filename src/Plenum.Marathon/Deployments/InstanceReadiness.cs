using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>When an instance counts for a deployment.</summary>
internal sealed class InstanceReadiness(RootBook roots, HealthBook health, ReadinessBook readiness)
{
    /// <summary>
    /// Runs, and every check of its own version says so. Marathon calls an instance without checks healthy in any
    /// condition; here it must run, since one that does not serves nobody.
    /// </summary>
    public bool IsHealthy(Instance instance) =>
        instance.Condition == Condition.Running
        && !instance.KillRequested
        && roots.Find(instance.App, instance.Version) is { } definition
        && health.IsHealthy(instance, definition);

    /// <summary>Healthy, of the target's configuration, and has answered "ready" once. Asks it when it has not yet.</summary>
    public bool IsReady(Instance instance, RunSpec target)
    {
        if (instance.Condition != Condition.Running || instance.KillRequested || !instance.IsCurrent(target))
        {
            return false;
        }

        // The question goes out as soon as it runs: it need not wait for the health checks.
        var ready = target.ReadinessChecks.IsEmpty || readiness.IsReady(instance, target);
        return ready && health.IsHealthy(instance, target);
    }
}
