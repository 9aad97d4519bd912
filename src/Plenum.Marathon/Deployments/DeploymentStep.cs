using System.Collections.Immutable;

namespace Plenum.Marathon.Deployments;

/// <summary>Actions that run in parallel; the next step waits for all of them.</summary>
internal sealed record DeploymentStep(ImmutableArray<DeploymentAction> Actions);
