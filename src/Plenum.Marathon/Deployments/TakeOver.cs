using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// A forced change of services whose update stands still goes on from where that stands: what ran before it stays what is
/// kept up and gone back to, its canaries stay when their configuration does, and steps that were promoted stay promoted.
/// </summary>
internal sealed class TakeOver
{
    private readonly Dictionary<PathId, Rollout> _rollouts = [];

    public TakeOver(DeploymentBook deployments, RootDifference difference)
    {
        foreach (var change in difference.Services)
        {
            if (change.Target is { Instances: > 0 } && deployments.HeldRolloutOf(change.App) is { } rollout)
            {
                _rollouts[change.App] = rollout;
            }
        }
    }

    /// <summary>Services whose replacement is to go on, though this change alone would only scale them.</summary>
    public bool Contains(PathId app) => _rollouts.ContainsKey(app);

    public DeploymentPlan Apply(DeploymentPlan plan) => _rollouts.Count == 0
        ? plan
        : plan with
        {
            Services = [.. plan.Services.Select(change => Replaces(plan, change.App) && _rollouts.TryGetValue(change.App, out var rollout)
                ? change with { Original = rollout.Original }
                : change)],
        };

    /// <summary>What was decided so far and still holds; null for nothing.</summary>
    public DeploymentState? StateFor(DeploymentPlan plan)
    {
        var passed = ImmutableArray.CreateBuilder<PassedCanaries>();
        int? pausedAfter = null;
        foreach (var (app, rollout) in _rollouts.OrderBy(entry => entry.Key))
        {
            var target = plan.Services.First(change => change.App == app).Target!;
            if (Replaces(plan, app) && target.VersionInfo?.LastConfigChangeAt == rollout.Target.VersionInfo?.LastConfigChangeAt)
            {
                passed.Add(new PassedCanaries(app, rollout.Passed));
                pausedAfter = rollout.IsPaused ? StepOf(plan, app) : pausedAfter;
            }
        }

        var state = new DeploymentState(plan.Id) { PausedAfter = pausedAfter, Passed = passed.ToImmutable() };
        return state.SaysNothing ? null : state;
    }

    private static bool Replaces(DeploymentPlan plan, PathId app) => StepOf(plan, app) >= 0;

    private static int StepOf(DeploymentPlan plan, PathId app) => plan.Steps.ToList().FindIndex(
        step => step.Actions.Any(action => action.App == app && action.Kind == ActionKind.Restart));
}
