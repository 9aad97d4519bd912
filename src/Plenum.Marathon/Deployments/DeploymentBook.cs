using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Daemons;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Deployments under way. Each holds the lock on the services its steps act on; a step that never becomes healthy
/// waits for as long as nobody cancels it.
/// </summary>
internal sealed class DeploymentBook(
    CoreContext context,
    RootBook roots,
    InstanceBook book,
    InstanceActions actions,
    InstanceReadiness readiness,
    ReadinessBook readinessBook,
    BackoffBook backoffs,
    ProgressWatch progress,
    DaemonBook daemons)
{
    private readonly CanaryGate _gate = new(context);
    private readonly Dictionary<string, ActiveDeployment> _active = [];
    private readonly List<ActiveDeployment> _order = [];
    private readonly Dictionary<PathId, ActiveDeployment> _locks = [];

    public int Count => _order.Count;

    public ImmutableArray<RunningDeployment> Running => [.. _order.Select(active => new RunningDeployment(
        active.Plan,
        active.StepIndex + 1,
        active.StepIndex < 0 ? [] : active.Plan.Steps[active.StepIndex].Actions,
        [.. active.Affected.SelectMany(app => readinessBook.ResultsOf(app))])
    {
        IsPaused = active.PausedAfter is not null,
        Canaries = [.. active.Runs.OfType<ReplaceRun>().Select(run => CanaryGate.Describe(run.Rollout)).OfType<CanaryProgress>()],
    })];

    public bool IsLocked(PathId app) => _locks.ContainsKey(app);

    public DeploymentPlan? Find(string id) => _active.GetValueOrDefault(id)?.Plan;

    /// <summary>The deployment whose steps act on a service.</summary>
    public DeploymentPlan? HolderOf(PathId app) => _locks.GetValueOrDefault(app)?.Plan;

    /// <summary>The replacement of a service that stands still: whoever changes the service now takes over from it.</summary>
    public Rollout? HeldRolloutOf(PathId app) =>
        _locks.GetValueOrDefault(app)?.Rollouts.GetValueOrDefault(app) is { Holds: true, IsOver: false } rollout ? rollout : null;

    /// <summary>Deployments that act on any of these services, in order of their start.</summary>
    public ImmutableArray<string> InTheWayOf(IEnumerable<PathId> apps)
    {
        var found = apps.Select(app => _locks.GetValueOrDefault(app)).Where(active => active is not null).ToHashSet();
        return [.. _order.Where(found.Contains).Select(active => active.Plan.Id)];
    }

    /// <summary>Stores the plan and begins with its first step. Nothing it meets may be locked.</summary>
    /// <param name="state">What it takes over from a deployment that it replaces.</param>
    public void Start(DeploymentPlan plan, DeploymentState? state = null)
    {
        if (plan.Steps.IsEmpty)
        {
            context.Publish(new MarathonEvent.DeploymentSuccess(context.Now, plan));
            return;
        }

        StoredPlan.Write(context, plan);
        var active = Take(plan, state);
        if (state is { SaysNothing: false })
        {
            Store(active);
        }
    }

    /// <summary>Takes up a stored deployment again, from its first step: what is done already ends at once.</summary>
    public void Restore(DeploymentPlan plan, DeploymentState? state)
    {
        var active = Take(plan, state);
        active.IsStateStored = state is not null;
    }

    /// <summary>Ends a deployment where it stands. What it started is left for whoever comes next.</summary>
    public void Cancel(string id, string reason)
    {
        if (_active.TryGetValue(id, out var active))
        {
            Finish(active);
            context.Publish(new MarathonEvent.DeploymentFailed(context.Now, active.Plan, reason));
        }
    }

    public DeploymentOrderResult Perform(string id, DeploymentOrder order)
    {
        if (!_active.TryGetValue(id, out var active))
        {
            return new DeploymentOrderResult.NotFound();
        }

        switch (order)
        {
            case DeploymentOrder.Pause when active.PausedAfter is null:
                active.Pause(active.StepIndex);
                break;
            case DeploymentOrder.Resume when active.PausedAfter is not null:
                active.Pause(null);
                break;
            case DeploymentOrder.Promote or DeploymentOrder.PromoteAll:
                if (active.PausedAfter is not null)
                {
                    return new DeploymentOrderResult.Refused("the deployment is paused: resume it first");
                }

                if (CanaryGate.Promote(active, all: order == DeploymentOrder.PromoteAll) is { } refusal)
                {
                    return new DeploymentOrderResult.Refused(refusal);
                }

                break;
            default:
                return new DeploymentOrderResult.Done(active.Plan);
        }

        Store(active);
        UnsettleAll(active);
        return new DeploymentOrderResult.Done(active.Plan);
    }

    /// <summary>The canaries of a service were ready for as long as its strategy asks.</summary>
    public void CanaryOver(PathId app) => context.Unsettle(app);

    /// <summary>
    /// Something happened to a service: goes as far as possible. False when no deployment has work for it left, and it is
    /// to be kept at its count.
    /// </summary>
    public bool Settle(PathId app)
    {
        if (!_locks.TryGetValue(app, out var active))
        {
            return false;
        }

        if (active.Runs.Count == 0)
        {
            // Before its first step, or between two of them.
            GoOn(active);
            return !active.IsDone(app);
        }

        if (active.Runs.Find(run => run.App == app) is not { } run)
        {
            return !active.IsDone(app);
        }

        if (Advance(active, run))
        {
            active.Runs.Remove(run);
            if (active.Runs.Count == 0)
            {
                EndStep(active);
                GoOn(active);
            }
        }

        return true;
    }

    private ActiveDeployment Take(DeploymentPlan plan, DeploymentState? state)
    {
        var active = new ActiveDeployment(plan, state);
        _active.Add(plan.Id, active);
        _order.Add(active);
        foreach (var app in active.Affected)
        {
            _locks.Add(app, active);
            if (active.Rollouts.GetValueOrDefault(app)?.Stable is { } stable)
            {
                // Until its turn comes, what is lost of it starts again as it was.
                roots.Hold(stable);
            }
        }

        // The first step begins with the settling of any of its services, after the change that made it was stored.
        context.Unsettle(active.Affected[0]);
        return active;
    }

    private void GoOn(ActiveDeployment active)
    {
        while (active.Runs.Count == 0)
        {
            if (active.StepIndex + 1 == active.Plan.Steps.Length)
            {
                Finish(active);
                context.Publish(new MarathonEvent.DeploymentSuccess(context.Now, active.Plan));
                return;
            }

            if (active.StandsStill)
            {
                return;
            }

            BeginStep(active, active.StepIndex + 1);
            if (active.Runs.Count == 0)
            {
                EndStep(active);
            }
        }
    }

    private void EndStep(ActiveDeployment active) => context.Publish(
        new MarathonEvent.DeploymentStepSuccess(context.Now, active.Plan, active.Plan.Steps[active.StepIndex]));

    private void BeginStep(ActiveDeployment active, int index)
    {
        active.StepIndex = index;
        var step = active.Plan.Steps[index];
        context.Publish(new MarathonEvent.DeploymentInfo(context.Now, active.Plan, step));
        foreach (var action in step.Actions)
        {
            if (Begin(active, action) is not { } run)
            {
                continue;
            }

            if (run is ReplaceRun replacement)
            {
                progress.Begin(active.Plan, replacement.Target);
            }

            if (!Advance(active, run))
            {
                active.Runs.Add(run);
            }
        }
    }

    private bool Advance(ActiveDeployment active, IActionRun run)
    {
        if (run is not StopRun && roots.Daemons.Contains(run.App) && !daemons.KnowsAgents)
        {
            return false;
        }

        var ended = run.Advance();
        if (run is not ReplaceRun replacement)
        {
            return ended;
        }

        while (!ended && _gate.LetsThrough(active.Plan, replacement.Rollout))
        {
            Store(active);
            ended = run.Advance();
        }

        if (ended)
        {
            replacement.Rollout.IsOver = true;
            progress.End(run.App);
        }
        else
        {
            progress.Saw(run.App, replacement.Ready, replacement.WaitsForOldOnes, replacement.Rollout.Holds);
        }

        return ended;
    }

    private IActionRun? Begin(ActiveDeployment active, DeploymentAction action)
    {
        var change = active.Plan.Services.First(change => change.App == action.App);
        switch (action.Kind)
        {
            case ActionKind.Stop:
                return new StopRun(context, action.App, book, actions, backoffs);
            case ActionKind.Scale:
                return new ScaleRun(change, action.Sentenced, roots, book, actions, readiness);
            case ActionKind.Restart:
                // A new configuration is a new chance: what the old one did does not delay it.
                backoffs.Reset(action.App);
                return new ReplaceRun(active.Rollouts[action.App], roots, book, actions, readiness, backoffs);
            default:
                return null;
        }
    }

    private void Store(ActiveDeployment active)
    {
        active.IsStateStored = true;
        context.Write(StoreKeys.DeploymentState(active.Plan.Id), StoredJson.Write(active.State));
    }

    private void UnsettleAll(ActiveDeployment active)
    {
        foreach (var app in active.Affected)
        {
            context.Unsettle(app);
        }
    }

    private void Finish(ActiveDeployment active)
    {
        _active.Remove(active.Plan.Id);
        _order.Remove(active);
        StoredPlan.Delete(context, active.Plan);
        if (active.IsStateStored)
        {
            context.Write(StoreKeys.DeploymentState(active.Plan.Id), null);
        }

        foreach (var app in active.Affected)
        {
            _locks.Remove(app);
            roots.Release(app);
            backoffs.ResetHeld(app);
            _gate.Forget(app);
            readinessBook.Forget(app);
            progress.End(app);
        }

        // What was lost between the end of its step and now is made good by the count keeper.
        UnsettleAll(active);
    }
}
