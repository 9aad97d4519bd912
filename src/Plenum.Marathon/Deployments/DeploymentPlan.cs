using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// The way from one root group to the next, with all that is needed to drive it, and to undo it, after
/// a restart: the two trees themselves are not kept.
/// </summary>
internal sealed record DeploymentPlan
{
    public required string Id { get; init; }

    public required Timestamp Version { get; init; }

    public required ImmutableArray<DeploymentStep> Steps { get; init; }

    public required ImmutableArray<ServiceChange> Services { get; init; }

    public required ImmutableArray<GroupChange> Groups { get; init; }

    /// <summary>The deployment that this one takes back. What comes back is never taken back by itself: two bad versions would take turns.</summary>
    public string? Undoes { get; init; }

    /// <summary>Services that a step acts on, in path order: the lock that other deployments meet.</summary>
    public ImmutableArray<PathId> Affected => [.. Actions.Select(action => action.App).Distinct().Order()];

    public ImmutableArray<PathId> AffectedApps =>
        [.. Actions.Where(action => !action.IsPod).Select(action => action.App).Distinct().Order()];

    public ImmutableArray<PathId> AffectedPods =>
        [.. Actions.Where(action => action.IsPod).Select(action => action.App).Distinct().Order()];

    private IEnumerable<DeploymentAction> Actions => Steps.SelectMany(step => step.Actions);
}
