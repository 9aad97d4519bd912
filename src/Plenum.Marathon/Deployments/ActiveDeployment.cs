using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>A deployment under way, with what was decided about it.</summary>
internal sealed class ActiveDeployment
{
    // The last step that has work for a service.
    private readonly Dictionary<PathId, int> _lastSteps = [];

    /// <param name="plan">With its services.</param>
    /// <param name="state">null when nothing was decided yet.</param>
    public ActiveDeployment(DeploymentPlan plan, DeploymentState? state)
    {
        Plan = plan;
        Affected = plan.Affected;
        for (var index = 0; index < plan.Steps.Length; index++)
        {
            foreach (var action in plan.Steps[index].Actions)
            {
                _lastSteps[action.App] = index;
                if (action.Kind == ActionKind.Restart)
                {
                    Rollouts[action.App] = new Rollout(
                        plan.Services.First(change => change.App == action.App),
                        plan.Undoes is not null,
                        state?.Passed.FirstOrDefault(passed => passed.App == action.App)?.Steps ?? 0);
                }
            }
        }

        Pause(state?.PausedAfter);
    }

    public DeploymentPlan Plan { get; }

    public ImmutableArray<PathId> Affected { get; }

    /// <summary>Of every service that a step replaces.</summary>
    public SortedDictionary<PathId, Rollout> Rollouts { get; } = [];

    /// <summary>-1 until the first step began.</summary>
    public int StepIndex { get; set; } = -1;

    /// <summary>What the step still does.</summary>
    public List<IActionRun> Runs { get; } = [];

    public int? PausedAfter { get; private set; }

    /// <summary>
    /// No next step begins. Steps before the one at which it was paused are gone through again after a restart.
    /// </summary>
    public bool StandsStill => StepIndex >= PausedAfter;

    public bool IsStateStored { get; set; }

    public DeploymentState State => new(Plan.Id)
    {
        PausedAfter = PausedAfter,
        Passed = [.. Rollouts.Where(entry => entry.Value.Passed > 0).Select(entry => new PassedCanaries(entry.Key, entry.Value.Passed))],
    };

    /// <summary>Nothing is left to be done for a service.</summary>
    public bool IsDone(PathId app) =>
        _lastSteps.TryGetValue(app, out var last)
        && (last < StepIndex || (last == StepIndex && !Runs.Exists(run => run.App == app)));

    public void Pause(int? after)
    {
        PausedAfter = after;
        foreach (var rollout in Rollouts.Values)
        {
            rollout.IsPaused = after is not null;
        }
    }
}
