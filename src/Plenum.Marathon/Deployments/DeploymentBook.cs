using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
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
    InstanceBook book,
    InstanceActions actions,
    InstanceReadiness readiness,
    ReadinessBook readinessBook,
    BackoffBook backoffs,
    ProgressWatch progress)
{
    private readonly Dictionary<string, Active> _active = [];
    private readonly List<Active> _order = [];
    private readonly Dictionary<PathId, Active> _locks = [];

    public int Count => _order.Count;

    public ImmutableArray<RunningDeployment> Running => [.. _order.Select(active => new RunningDeployment(
        active.Plan,
        active.StepIndex + 1,
        active.StepIndex < 0 ? [] : active.Plan.Steps[active.StepIndex].Actions,
        [.. active.Affected.SelectMany(app => readinessBook.ResultsOf(app))]))];

    public bool IsLocked(PathId app) => _locks.ContainsKey(app);

    public DeploymentPlan? Find(string id) => _active.GetValueOrDefault(id)?.Plan;

    /// <summary>The deployment whose steps act on a service.</summary>
    public DeploymentPlan? HolderOf(PathId app) => _locks.GetValueOrDefault(app)?.Plan;

    /// <summary>Deployments that act on any of these services, in order of their start.</summary>
    public ImmutableArray<string> InTheWayOf(IEnumerable<PathId> apps)
    {
        var found = apps.Select(app => _locks.GetValueOrDefault(app)).Where(active => active is not null).ToHashSet();
        return [.. _order.Where(found.Contains).Select(active => active.Plan.Id)];
    }

    /// <summary>Stores the plan and begins with its first step. Nothing it meets may be locked.</summary>
    public void Start(DeploymentPlan plan)
    {
        if (plan.Steps.IsEmpty)
        {
            context.Publish(new MarathonEvent.DeploymentSuccess(context.Now, plan));
            return;
        }

        StoredPlan.Write(context, plan);
        Restore(plan);
    }

    /// <summary>Takes up a stored deployment again, from its first step: what is done already ends at once.</summary>
    public void Restore(DeploymentPlan plan)
    {
        var active = new Active(plan);
        _active.Add(plan.Id, active);
        _order.Add(active);
        foreach (var app in active.Affected)
        {
            _locks.Add(app, active);
        }

        // The first step begins with the settling of any of its services, after the change that made it was stored.
        context.Unsettle(active.Affected[0]);
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

    /// <summary>Something happened to a locked service: goes as far as possible.</summary>
    public void Settle(PathId app)
    {
        if (!_locks.TryGetValue(app, out var active))
        {
            return;
        }

        if (active.StepIndex < 0)
        {
            BeginStep(active, 0);
        }
        else
        {
            var run = active.Runs.Find(run => run.App == app);
            if (run is null || !Advance(run))
            {
                return;
            }

            active.Runs.Remove(run);
        }

        while (active.Runs.Count == 0)
        {
            var step = active.Plan.Steps[active.StepIndex];
            context.Publish(new MarathonEvent.DeploymentStepSuccess(context.Now, active.Plan, step));
            if (active.StepIndex + 1 == active.Plan.Steps.Length)
            {
                Finish(active);
                context.Publish(new MarathonEvent.DeploymentSuccess(context.Now, active.Plan));
                return;
            }

            BeginStep(active, active.StepIndex + 1);
        }
    }

    private void BeginStep(Active active, int index)
    {
        active.StepIndex = index;
        var step = active.Plan.Steps[index];
        context.Publish(new MarathonEvent.DeploymentInfo(context.Now, active.Plan, step));
        foreach (var action in step.Actions)
        {
            if (Begin(active.Plan, action) is not { } run)
            {
                continue;
            }

            if (run is ReplaceRun replacement)
            {
                progress.Begin(active.Plan, replacement.Target);
            }

            if (!Advance(run))
            {
                active.Runs.Add(run);
            }
        }
    }

    private bool Advance(IActionRun run)
    {
        var ended = run.Advance();
        if (run is ReplaceRun replacement)
        {
            if (ended)
            {
                progress.End(run.App);
            }
            else
            {
                progress.Saw(run.App, replacement.Ready, replacement.WaitsForOldOnes);
            }
        }

        return ended;
    }

    private IActionRun? Begin(DeploymentPlan plan, DeploymentAction action)
    {
        var change = plan.Services.First(change => change.App == action.App);
        switch (action.Kind)
        {
            case ActionKind.Stop:
                return new StopRun(context, action.App, book, actions, backoffs);
            case ActionKind.Scale:
                return new ScaleRun(change, action.Sentenced, book, actions, readiness);
            case ActionKind.Restart:
                // A new configuration is a new chance: what the old one did does not delay it.
                backoffs.Reset(action.App);
                return new ReplaceRun(
                    change.Target ?? throw new InvalidOperationException($"{action.App} has nothing to be replaced by"),
                    book,
                    actions,
                    readiness);
            default:
                return null;
        }
    }

    private void Finish(Active active)
    {
        _active.Remove(active.Plan.Id);
        _order.Remove(active);
        StoredPlan.Delete(context, active.Plan);
        foreach (var app in active.Affected)
        {
            _locks.Remove(app);
            readinessBook.Forget(app);
            progress.End(app);

            // What was lost between the end of its step and now is made good by the count keeper.
            context.Unsettle(app);
        }
    }

    private sealed class Active(DeploymentPlan plan)
    {
        public DeploymentPlan Plan { get; } = plan;

        public ImmutableArray<PathId> Affected { get; } = plan.Affected;

        /// <summary>-1 until the first step began.</summary>
        public int StepIndex { get; set; } = -1;

        public List<IActionRun> Runs { get; } = [];
    }
}
