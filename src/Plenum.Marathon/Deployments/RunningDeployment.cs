using System.Collections.Immutable;

namespace Plenum.Marathon.Deployments;

/// <summary>A deployment as readers see it.</summary>
/// <param name="CurrentStep">1 for the first step; 0 before it.</param>
/// <param name="CurrentActions">Actions of the current step, finished ones included.</param>
internal sealed record RunningDeployment(
    DeploymentPlan Plan,
    int CurrentStep,
    ImmutableArray<DeploymentAction> CurrentActions,
    ImmutableArray<ReadinessResult> ReadinessResults);
