using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Offers;

namespace Plenum.Kernel.Allocation;

/// <summary>One framework in one role.</summary>
internal sealed class FrameworkClient(FrameworkEntry framework, RoleLeaf leaf)
    : Shareholder(framework.Id.Value, weight: 1)
{
    public FrameworkEntry Framework { get; } = framework;

    public RoleLeaf Leaf { get; } = leaf;

    public string Role => Leaf.Role.Path;

    public OfferFilters Filters { get; } = new();

    /// <summary>Own alternatives of the least amounts worth an offer; null takes the master's.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, long>>? MinAllocatable { get; set; }

    /// <summary>Gets offers: subscribed to the role, connected and not suppressed.</summary>
    public bool Active { get; set; }

    public override bool IsLate => Framework.IsLate;
}
