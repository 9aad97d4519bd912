using System.Runtime.InteropServices;

namespace Plenum.Marathon.Deployments;

/// <summary>The counts that a rolling replacement is decided from.</summary>
/// <param name="Instances">The count wanted in the end.</param>
/// <param name="MinimumHealthCapacity">Share of it that stays healthy throughout.</param>
/// <param name="MaximumOverCapacity">Share by which there may be more for a while.</param>
/// <param name="OldHealthy">Old instances, not killed, that run and are healthy.</param>
/// <param name="OldUnhealthy">Old instances, not killed, that are not.</param>
/// <param name="Dying">Instances, old or new, that were killed and still hold capacity.</param>
/// <param name="New">New instances, not killed, in whatever condition.</param>
/// <param name="NewReady">Those of them that run, are healthy and ready.</param>
/// <param name="Resident">
/// Old ones come back as new ones on their volumes, or end before the new one of the same agent starts: there is never a
/// surplus, but one fewer.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReplacementState(
    int Instances,
    double MinimumHealthCapacity,
    double MaximumOverCapacity,
    int OldHealthy,
    int OldUnhealthy,
    int Dying,
    int New,
    int NewReady,
    bool Resident = false);
