using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>A deployment as readers see it.</summary>
/// <param name="CurrentStep">1 for the first step; 0 before it.</param>
/// <param name="CurrentActions">Actions of the current step, finished ones included.</param>
internal sealed record RunningDeployment(
    DeploymentPlan Plan,
    int CurrentStep,
    ImmutableArray<DeploymentAction> CurrentActions,
    ImmutableArray<ReadinessResult> ReadinessResults)
{
    public bool IsPaused { get; init; }

    /// <summary>Of the services that stand at a step of canaries now.</summary>
    public ImmutableArray<CanaryProgress> Canaries { get; init; } = [];
}
