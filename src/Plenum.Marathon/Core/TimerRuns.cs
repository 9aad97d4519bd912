using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Reservations;

namespace Plenum.Marathon.Core;

/// <summary>What happens when a timer is due.</summary>
internal sealed class TimerRuns(
    CoreContext context,
    RootBook roots,
    InstanceBook book,
    InstanceActions actions,
    CountKeeper counts,
    StatusTracker tracker,
    HealthBook health,
    ReadinessBook readiness,
    ReservedInstances reserved,
    LeftoverBook leftovers,
    RoleSubscriptions roles,
    Reconciler reconciler,
    Rollbacks rollbacks,
    DeploymentBook deployments,
    WaitingReports reports)
{
    public void Run(TimerKey timer)
    {
        var instance = new InstanceId(timer.Subject);
        switch (timer.Kind)
        {
            case TimerKind.LaunchOverdue:
                tracker.LaunchOverdue(instance);
                break;
            case TimerKind.KillRetry:
                actions.RetryKill(instance);
                break;
            case TimerKind.UnreachableInactive:
                tracker.UnreachableInactive(instance);
                break;
            case TimerKind.UnreachableExpunge:
                tracker.UnreachableExpunge(instance);
                break;
            case TimerKind.ReservationOverdue:
                reserved.Overdue(instance);
                break;
            case TimerKind.LeftoverOver:
                leftovers.Forget(instance);
                break;
            case TimerKind.PreferenceOver:
            case TimerKind.BackoffOver:
                BackoffOver(PathId.Parse(timer.Subject));
                break;
            case TimerKind.HealthProbe:
                health.Probe(instance, timer.Index);
                break;
            case TimerKind.ReadinessProbe:
                readiness.Probe(instance);
                break;
            case TimerKind.Revive:
                roles.Want(timer.Subject);
                break;
            case TimerKind.Reconcile:
                reconciler.Run();
                break;
            case TimerKind.ProgressOverdue:
                rollbacks.Overdue(PathId.Parse(timer.Subject));
                break;
            case TimerKind.CanaryOver:
                deployments.CanaryOver(PathId.Parse(timer.Subject));
                break;
            case TimerKind.WaitingReport:
                reports.Look(PathId.Parse(timer.Subject));
                break;
            case TimerKind.ScaleCheck:
                counts.UnsettleAll();
                context.Timers.Set(timer, context.Now + context.Options.ScaleAppsInterval);
                break;
            default:
                throw new InvalidOperationException($"timer {timer.Kind} has no handler");
        }
    }

    private void BackoffOver(PathId path)
    {
        if (book.Scheduled.ContainsKey(path))
        {
            foreach (var spec in roots.LaunchableOf(path))
            {
                roles.Want(spec);
            }
        }
    }
}
