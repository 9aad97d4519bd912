using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>One action of a step. <paramref name="Sentenced"/> are the instances a client chose to go when scaling down.</summary>
internal sealed record DeploymentAction(ActionKind Kind, PathId App, ImmutableArray<InstanceId> Sentenced)
{
    /// <summary>The service is a pod: clients are told so by other words.</summary>
    public bool IsPod { get; init; }
}
