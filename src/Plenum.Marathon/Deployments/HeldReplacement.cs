using System.Runtime.InteropServices;

namespace Plenum.Marathon.Deployments;

/// <summary>The counts that a replacement which stands still is decided from.</summary>
/// <param name="Counts">As for one that goes on; its old ones are those that stay.</param>
/// <param name="Canaries">New instances that run meanwhile.</param>
/// <param name="AbandonedHealthy">Healthy ones of an update that this one took over from: they go first.</param>
/// <param name="AbandonedUnhealthy">Those of them that are not.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HeldState(ReplacementState Counts, int Canaries, int AbandonedHealthy, int AbandonedUnhealthy);

/// <summary>What to do now to have so many new ones, and as many old ones as there is room for.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HeldMove(
    int KillAbandonedUnhealthy, int KillAbandonedHealthy, int KillUnhealthy, int KillHealthy, int StartOld, int StartNew);

/// <summary>
/// The arithmetic of canaries: a few new instances beside the old ones, for as long as nobody says more, within the same
/// bounds as a rolling replacement. Old ones that end are started again.
/// </summary>
internal static class HeldReplacement
{
    /// <summary>
    /// As many as wanted in the end, unless the new ones need their room: then fewer, so that the total is never more
    /// than the strategy allows for good.
    /// </summary>
    public static int OldWanted(in HeldState state) =>
        Math.Clamp(RollingReplacement.MaxCapacity(state.Counts) - CanariesOf(state), 0, state.Counts.Instances);

    public static int CanariesOf(in HeldState state) => Math.Min(state.Canaries, state.Counts.Instances);

    public static HeldMove Next(in HeldState state)
    {
        var counts = state.Counts;
        var minHealthy = RollingReplacement.MinHealthy(counts);
        var maxCapacity = RollingReplacement.MaxCapacity(counts);
        var healthy = counts.OldHealthy + counts.NewReady + state.AbandonedHealthy;
        var old = counts.OldHealthy + counts.OldUnhealthy;
        var total = old + counts.Dying + counts.New + state.AbandonedHealthy + state.AbandonedUnhealthy;

        // Who serves nobody can go at once; who serves goes only while enough others do.
        var spare = healthy - minHealthy + (RollingReplacement.MustDip(counts, healthy) ? 1 : 0);
        var killAbandoned = Math.Clamp(spare, 0, state.AbandonedHealthy);
        spare -= killAbandoned;
        var oldWanted = OldWanted(state);
        var killUnhealthy = Math.Clamp(old - oldWanted, 0, counts.OldUnhealthy);
        var killHealthy = Math.Clamp(Math.Min(old - oldWanted - killUnhealthy, spare), 0, counts.OldHealthy);

        // Old ones first: they are what serves. One more than allowed, for a while, where there is no other way to move.
        var ending = counts.Resident ? counts.Dying : 0;
        var ceiling = maxCapacity + (!counts.Resident && minHealthy == maxCapacity && maxCapacity <= healthy ? 1 : 0);
        var startOld = Math.Clamp(ceiling - total, 0, Math.Max(0, oldWanted - old - ending));
        var startNew = Math.Clamp(
            ceiling - total - startOld, 0, Math.Max(0, CanariesOf(state) - counts.New - ending));
        return new HeldMove(state.AbandonedUnhealthy, killAbandoned, killUnhealthy, killHealthy, startOld, startNew);
    }
}
