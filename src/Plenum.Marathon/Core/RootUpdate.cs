using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Core;

/// <summary>
/// A change of the root group. <paramref name="Group"/> is what <c>group_change_*</c> events name: the
/// parent of an edited app, or the edited group.
/// </summary>
internal sealed record RootUpdate(PathId Group, ChangeRoot Change)
{
    /// <summary>Cancel the deployments in the way instead of giving up.</summary>
    public bool Force { get; init; }

    /// <summary>Answer with the plan, change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>The deployment that this change undoes, and why: for whoever waits for its end.</summary>
    public (DeploymentPlan Plan, string Reason)? Undoes { get; init; }

    /// <summary>What the event stream is told of the request itself, before all that follows from it; gets the new root.</summary>
    public Func<Group, DateTimeOffset, IEnumerable<MarathonEvent>>? Announcement { get; init; }

    /// <summary>Apps whose instances are replaced although their definition stays.</summary>
    public ImmutableArray<PathId> Restart { get; init; } = [];
}
