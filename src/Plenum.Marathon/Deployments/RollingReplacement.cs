using System.Runtime.InteropServices;

namespace Plenum.Marathon.Deployments;

/// <summary>What to do now: old instances to kill, by health, and new ones to start.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReplacementMove(int KillUnhealthy, int KillHealthy, int Start, bool Done);

/// <summary>
/// The arithmetic of a rolling replacement. It decides from counts alone, so that it gives the same answers again
/// when a deployment is driven anew after a restart.
/// </summary>
/// <remarks>
/// Bounds that hold at every moment: healthy instances never fall below ceil(n × minimumHealthCapacity) by a kill
/// of ours, and instances never exceed trunc(n × (1 + maximumOverCapacity)), or one more when both bounds are
/// the same and leave no room to move.
/// </remarks>
internal sealed class RollingReplacement
{
    private int _budget;
    private int _seenReady;

    /// <summary>The first look: how many old ones go at once.</summary>
    public RollingReplacement(in ReplacementState state)
    {
        var healthy = state.OldHealthy + state.NewReady;
        _budget = Math.Max(0, healthy - MinHealthy(state)) + (MustDip(state, healthy) ? 1 : 0);
        var current = state.OldHealthy + state.OldUnhealthy + state.New;

        // Shrinking and replacing in one change: what is too many goes at once. Not when driven again with new ones
        // already there, since those are the surplus the strategy allows.
        if (state.New == 0 && state.Instances < current)
        {
            _budget = Math.Max(current - state.Instances, _budget);
        }

        _seenReady = state.NewReady;
    }

    public static int MinHealthy(in ReplacementState state) =>
        (int)Math.Ceiling(Exactly(state.Instances * state.MinimumHealthCapacity));

    public static int MaxCapacity(in ReplacementState state) =>
        (int)Math.Truncate(Exactly(state.Instances * (1 + state.MaximumOverCapacity)));

    /// <summary>No room below and none above: an instance that takes its volumes along must end before it can begin.</summary>
    public static bool MustDip(in ReplacementState state, int healthy) =>
        state.Resident && MinHealthy(state) == MaxCapacity(state) && MaxCapacity(state) <= healthy;

    public ReplacementMove Next(in ReplacementState state)
    {
        var n = state.Instances;
        var old = state.OldHealthy + state.OldUnhealthy;
        var minHealthy = MinHealthy(state);
        var maxCapacity = MaxCapacity(state);
        var healthy = state.OldHealthy + state.NewReady;

        // Each new one that became ready releases one old one.
        _budget += Math.Max(0, state.NewReady - _seenReady);
        _seenReady = state.NewReady;

        // No room to move: a surplus of one for a while, whatever the strategy says.
        if (!state.Resident && minHealthy == maxCapacity && maxCapacity <= healthy)
        {
            maxCapacity++;
        }

        if (state.NewReady >= n)
        {
            return new ReplacementMove(state.OldUnhealthy, state.OldHealthy, 0, old + state.Dying == 0);
        }

        var spare = healthy - minHealthy + (MustDip(state, healthy) ? 1 : 0);
        var killUnhealthy = Math.Min(_budget, state.OldUnhealthy);
        var killHealthy = Math.Clamp(Math.Min(_budget - killUnhealthy, spare), 0, state.OldHealthy);
        var missing = n - state.New - (state.Resident ? state.Dying : 0);
        var start = Math.Clamp(maxCapacity - old - state.Dying - state.New, 0, Math.Max(0, missing));

        // Full, nothing dying and nothing new on its way: without another kill this would wait for ever. An
        // unhealthy old one gives way first, since it serves nobody.
        if (killUnhealthy + killHealthy + start + state.Dying == 0 && state.New < n && state.New == state.NewReady)
        {
            killUnhealthy = Math.Min(1, state.OldUnhealthy);
            killHealthy = killUnhealthy == 0 && spare > 0 ? Math.Min(1, state.OldHealthy) : 0;
        }

        _budget = Math.Max(0, _budget - killUnhealthy - killHealthy);
        return new ReplacementMove(killUnhealthy, killHealthy, start, false);
    }

    // 3 × 1.1 is 3.3000000000000003: without this a count could be rounded up by a binary fraction.
    private static double Exactly(double value) => Math.Round(value, 9);
}
