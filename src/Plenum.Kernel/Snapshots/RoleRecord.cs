using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Snapshots;

/// <summary>One role that a framework is in or that holds resources. Amounts leave its descendants out.</summary>
public sealed record RoleRecord(
    string Name, double Weight, IReadOnlyList<FrameworkId> Frameworks, ResourceQuantities Allocated)
{
    /// <summary>Refusals of its frameworks that hold.</summary>
    public int OfferFilters { get; init; }

    /// <summary>Largest part of any one resource of the cluster, divided by the weight.</summary>
    public double DominantShare { get; init; }
}
