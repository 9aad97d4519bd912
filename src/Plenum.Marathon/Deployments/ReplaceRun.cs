using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>Replaces the instances of an older configuration within the bounds of the upgrade strategy.</summary>
internal sealed class ReplaceRun : IActionRun
{
    private readonly InstanceBook _book;
    private readonly InstanceActions _actions;
    private readonly InstanceReadiness _readiness;
    private readonly RollingReplacement _replacement;

    public ReplaceRun(RunSpec target, InstanceBook book, InstanceActions actions, InstanceReadiness readiness)
    {
        Target = target;
        _book = book;
        _actions = actions;
        _readiness = readiness;

        // Old ones that have no task yet hold no capacity and serve nobody.
        foreach (var waiting in book.InstancesOf(target.Id)
            .Where(instance => instance.Condition == Condition.Scheduled && !instance.IsCurrent(target))
            .ToList())
        {
            if (waiting.HoldsVolumes)
            {
                actions.Retarget(waiting, target);
            }
            else
            {
                actions.Decommission(waiting);
            }
        }

        _replacement = new RollingReplacement(Look().State);
    }

    public RunSpec Target { get; }

    public PathId App => Target.Id;

    /// <summary>New instances that were ready at the last look.</summary>
    public int Ready { get; private set; }

    /// <summary>Old ones are ending, and all new ones there is room for are ready: nothing can be said of the new version.</summary>
    public bool WaitsForOldOnes { get; private set; }

    public bool Advance()
    {
        var (state, healthyOld, unhealthyOld) = Look();
        Ready = state.NewReady;
        var move = _replacement.Next(state);
        WaitsForOldOnes = state.Dying + move.KillHealthy + move.KillUnhealthy > 0 && state.New + move.Start <= state.NewReady;
        foreach (var victim in Choose(unhealthyOld, move.KillUnhealthy).Concat(Choose(healthyOld, move.KillHealthy)))
        {
            _actions.Retire(victim);
        }

        if (move.Start > 0)
        {
            _actions.Schedule(Target, move.Start);
        }

        // New ones beyond the count: an unreachable one came back after its replacement was started.
        var surplus = state.New - state.Instances;
        if (surplus > 0)
        {
            foreach (var extra in KillOrder.Select(Target, NewOnes(), surplus, []))
            {
                _actions.Retire(extra);
            }

            return false;
        }

        return move.Done;
    }

    private List<Instance> Choose(List<Instance> from, int count) =>
        count == 0 ? [] : KillOrder.Select(Target, from, count, []);

    private IEnumerable<Instance> NewOnes() =>
        _book.InstancesOf(Target.Id).Where(instance => instance.IsCandidate && instance.IsCurrent(Target));

    private (ReplacementState State, List<Instance> HealthyOld, List<Instance> UnhealthyOld) Look()
    {
        var healthyOld = new List<Instance>();
        var unhealthyOld = new List<Instance>();
        int dying = 0, fresh = 0, ready = 0;
        foreach (var instance in _book.InstancesOf(Target.Id))
        {
            if (instance.Goal != Goal.Running)
            {
                dying += instance.Condition.HasTask() ? 1 : 0;
            }
            else if (instance.Condition == Condition.UnreachableInactive)
            {
                // Given up: it neither serves nor holds capacity that could be used.
                continue;
            }
            else if (instance.IsCurrent(Target))
            {
                fresh++;
                ready += _readiness.IsReady(instance, Target) ? 1 : 0;
            }
            else
            {
                (_readiness.IsHealthy(instance) ? healthyOld : unhealthyOld).Add(instance);
            }
        }

        var strategy = Target.UpgradeStrategy;
        var state = new ReplacementState(
            Target.Instances,
            strategy.MinimumHealthCapacity,
            strategy.MaximumOverCapacity,
            healthyOld.Count,
            unhealthyOld.Count,
            dying,
            fresh,
            ready,
            Target.IsResident);
        return (state, healthyOld, unhealthyOld);
    }
}
