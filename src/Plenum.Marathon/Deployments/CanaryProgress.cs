using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>How the canaries of a service stand, as readers see it.</summary>
/// <param name="Step">1 for the first.</param>
/// <param name="Wanted">Instances of the new version in this step.</param>
/// <param name="GoesOnAt">When it goes on by itself; null while that is open, or up to a person.</param>
internal sealed record CanaryProgress(
    PathId App, int Step, int Steps, int Wanted, int New, int Ready, bool WaitsForPromotion, DateTimeOffset? GoesOnAt);
