using System.Globalization;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Deployments;

/// <summary>Decides when canaries are let on: by a person, or after they were ready for a while.</summary>
/// <remarks>
/// Since when they are ready is in memory only: after a restart of the orchestrator the while begins anew, since nobody
/// saw what they did meanwhile.
/// </remarks>
internal sealed class CanaryGate(CoreContext context)
{
    public static CanaryProgress? Describe(Rollout rollout)
    {
        if (rollout is not { Holds: true, Step: { } step })
        {
            return null;
        }

        return new CanaryProgress(
            rollout.Target.Id,
            rollout.Passed + 1,
            rollout.Steps,
            Math.Min(step.Instances, rollout.Wanted),
            rollout.Seen.New,
            rollout.Seen.Ready,
            rollout.ReadySince is not null && !step.AutoPromote,
            step.AutoPromote && !rollout.IsPaused && rollout.ReadySince is { } since
                ? since + TimeSpan.FromSeconds(step.PauseSeconds)
                : null);
    }

    /// <summary>
    /// Promotes every service of the deployment whose canaries stand in the current step. Null, or why none was.
    /// </summary>
    public static string? Promote(ActiveDeployment active, bool all)
    {
        var standing = active.Runs.OfType<ReplaceRun>().Select(run => run.Rollout).Where(rollout => rollout.Step is not null).ToList();
        if (standing.Count == 0)
        {
            return "no canaries of the deployment wait to be promoted";
        }

        // All or none: who promotes looked at all of them.
        if (standing.Find(rollout => rollout.ReadySince is null) is { Step: { } step } early)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"of the {Math.Min(step.Instances, early.Wanted)} canaries of {early.Target.Id} only {early.Seen.Ready} are ready: wait, or take the deployment back");
        }

        foreach (var rollout in standing)
        {
            rollout.Promote(all);
        }

        return null;
    }

    /// <summary>Notes whether the canaries are ready, and lets them on when they were for long enough. True when it did.</summary>
    public bool LetsThrough(DeploymentPlan plan, Rollout rollout)
    {
        if (rollout.Step is not { } step || !AreReady(rollout, step))
        {
            rollout.ReadySince = null;
            context.Timers.Cancel(KeyOf(rollout.Target.Id));
            return false;
        }

        rollout.ReadySince ??= context.Now;
        if (!rollout.IsAnnounced)
        {
            rollout.IsAnnounced = true;
            context.Publish(new MarathonEvent.CanariesReady(
                context.Now, plan, rollout.Target.Id, rollout.Passed + 1, rollout.Steps, step.AutoPromote));
        }

        if (!step.AutoPromote || rollout.IsPaused)
        {
            context.Timers.Cancel(KeyOf(rollout.Target.Id));
            return false;
        }

        var due = rollout.ReadySince.Value + TimeSpan.FromSeconds(step.PauseSeconds);
        if (due > context.Now)
        {
            context.Timers.Set(KeyOf(rollout.Target.Id), due);
            return false;
        }

        context.Timers.Cancel(KeyOf(rollout.Target.Id));
        rollout.Promote(all: false);
        return true;
    }

    public void Forget(PathId app) => context.Timers.Cancel(KeyOf(app));

    private static bool AreReady(Rollout rollout, CanaryStep step)
    {
        var wanted = Math.Min(step.Instances, rollout.Wanted);
        return rollout.Seen.New == wanted && rollout.Seen.Ready == wanted;
    }

    private static TimerKey KeyOf(PathId app) => new(TimerKind.CanaryOver, app.Text);
}
