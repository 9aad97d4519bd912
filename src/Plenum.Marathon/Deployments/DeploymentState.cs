using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// What was decided about a deployment since it began, as it is stored beside its plan: all else is seen again from the
/// instances. A deployment about which nothing was decided has no such entry.
/// </summary>
internal sealed record DeploymentState(string Id)
{
    /// <summary>The step after which it stands still, counted from 0; null when it is not paused.</summary>
    public int? PausedAfter { get; init; }

    public ImmutableArray<PassedCanaries> Passed { get; init; } = [];

    public bool SaysNothing => PausedAfter is null && Passed.All(passed => passed.Steps == 0);
}

/// <summary>How many canary steps of a service were promoted.</summary>
internal sealed record PassedCanaries(PathId App, int Steps);
