using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Replaces the instances of an older configuration within the bounds of the upgrade strategy. While its rollout holds, it
/// keeps both up instead: the new ones there may be, and the old ones as what they are.
/// </summary>
internal sealed class ReplaceRun(
    Rollout rollout,
    RootBook roots,
    InstanceBook book,
    InstanceActions actions,
    InstanceReadiness readiness,
    BackoffBook backoffs)
    : IActionRun
{
    private RollingReplacement? _replacement;

    // New and old ones there were when a person stopped the update in its middle.
    private (int New, int Old)? _frozen;

    public Rollout Rollout => rollout;

    public RunSpec Target => rollout.Target;

    public PathId App => Target.Id;

    /// <summary>New instances that were ready at the last look.</summary>
    public int Ready { get; private set; }

    /// <summary>Old ones are ending, and all new ones there is room for are ready: nothing can be said of the new version.</summary>
    public bool WaitsForOldOnes { get; private set; }

    public bool Advance() => rollout is { Holds: true, Stable: { } stable } ? Hold(stable) : Roll();

    private bool Roll()
    {
        if (_replacement is null)
        {
            BeginRolling();
        }

        var look = Look(stable: null);
        var state = look.Counts;
        Note(state);
        var move = _replacement!.Next(state);
        WaitsForOldOnes = state.Dying + move.KillHealthy + move.KillUnhealthy > 0 && state.New + move.Start <= state.NewReady;
        Retire(look.UnhealthyOld, move.KillUnhealthy);
        Retire(look.HealthyOld, move.KillHealthy);
        if (move.Start > 0)
        {
            actions.Schedule(Target, move.Start);
        }

        // New ones beyond the count: an unreachable one came back after its replacement was started.
        return !RetireSurplus(state.New - state.Instances) && move.Done;
    }

    private void BeginRolling()
    {
        roots.Release(App);
        backoffs.ResetHeld(App);
        _frozen = null;

        // Old ones that have no task yet hold no capacity and serve nobody.
        foreach (var waiting in book.InstancesOf(App)
            .Where(instance => instance.Condition == Condition.Scheduled && !instance.IsCurrent(Target))
            .ToList())
        {
            if (waiting.HoldsVolumes)
            {
                actions.Retarget(waiting, Target);
            }
            else
            {
                actions.Decommission(waiting);
            }
        }

        _replacement = new RollingReplacement(Look(stable: null).Counts);
    }

    private bool Hold(RunSpec stable)
    {
        _replacement = null;
        roots.Hold(stable);
        var look = Look(stable);
        var state = look.Counts;
        Note(state);
        if (rollout.Step is null)
        {
            _frozen ??= (state.New, state.OldHealthy + state.OldUnhealthy);
        }

        var held = new HeldState(
            state,
            rollout.Step?.Instances ?? _frozen!.Value.New,
            look.HealthyAbandoned.Count,
            look.UnhealthyAbandoned.Count);
        var move = HeldReplacement.Next(held);
        if (rollout.Step is null)
        {
            // Stopped by a person: old ones that are lost come back, but it grows no further than it was.
            var lost = _frozen!.Value.Old - state.OldHealthy - state.OldUnhealthy;
            move = move with { StartOld = Math.Min(move.StartOld, Math.Max(0, lost)) };
        }

        Retire(look.UnhealthyAbandoned, move.KillAbandonedUnhealthy);
        Retire(look.HealthyAbandoned, move.KillAbandonedHealthy);
        Retire(look.UnhealthyOld, move.KillUnhealthy);
        Retire(look.HealthyOld, move.KillHealthy);
        if (move.StartOld > 0)
        {
            actions.Schedule(stable, move.StartOld);
        }

        if (move.StartNew > 0)
        {
            actions.Schedule(Target, move.StartNew);
        }

        // Once the canaries stand, time says nothing of the new version until they are promoted.
        var wanted = HeldReplacement.CanariesOf(held);
        WaitsForOldOnes = rollout.Step is null
            || state.NewReady >= wanted
            || (state.Dying > 0 && state.New + move.StartNew <= state.NewReady);
        var grewTooMany = RetireSurplus(state.New - wanted);
        return rollout.Step is null && !grewTooMany && state.NewReady >= state.Instances
            && look.OldOnes + state.Dying == 0;
    }

    private void Note(in ReplacementState state)
    {
        Ready = state.NewReady;
        rollout.Seen = (state.New, state.NewReady);
    }

    private bool RetireSurplus(int surplus)
    {
        if (surplus <= 0)
        {
            return false;
        }

        var newOnes = book.InstancesOf(App).Where(instance => instance.IsCandidate && instance.IsCurrent(Target));
        foreach (var extra in KillOrder.Select(Target, newOnes, surplus, []))
        {
            actions.Retire(extra);
        }

        return true;
    }

    private void Retire(List<Instance> from, int count)
    {
        if (count > 0)
        {
            KillOrder.Select(Target, from, count, []).ForEach(actions.Retire);
        }
    }

    /// <param name="stable">What old ones are of that stay; null when all that are not new shall go.</param>
    private Seen Look(RunSpec? stable)
    {
        var seen = new Seen();
        int dying = 0, fresh = 0, ready = 0;
        foreach (var instance in book.InstancesOf(App))
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
                ready += readiness.IsReady(instance, Target) ? 1 : 0;
            }
            else
            {
                var stays = stable is null || instance.IsCurrent(stable);
                seen.Of(stays, readiness.IsHealthy(instance)).Add(instance);
            }
        }

        var strategy = Target.UpgradeStrategy;
        rollout.Wanted = roots.CountOf(Target);
        seen.Counts = new ReplacementState(
            rollout.Wanted,
            strategy.MinimumHealthCapacity,
            strategy.MaximumOverCapacity,
            seen.HealthyOld.Count,
            seen.UnhealthyOld.Count,
            dying,
            fresh,
            ready,
            Target.IsResident || Target.IsAloneOnAgents);
        return seen;
    }

    private sealed class Seen
    {
        public ReplacementState Counts { get; set; }

        public List<Instance> HealthyOld { get; } = [];

        public List<Instance> UnhealthyOld { get; } = [];

        public List<Instance> HealthyAbandoned { get; } = [];

        public List<Instance> UnhealthyAbandoned { get; } = [];

        public int OldOnes => HealthyOld.Count + UnhealthyOld.Count + HealthyAbandoned.Count + UnhealthyAbandoned.Count;

        public List<Instance> Of(bool stays, bool healthy) =>
            stays ? (healthy ? HealthyOld : UnhealthyOld) : (healthy ? HealthyAbandoned : UnhealthyAbandoned);
    }
}
