using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Offers;

/// <summary>One outstanding offer with its places in the lists that hold it.</summary>
internal sealed class OfferEntry(OfferRecord record, AgentEntry agent, FrameworkEntry framework, DateTimeOffset made)
{
    public OfferRecord Record { get; } = record;

    public AgentEntry Agent { get; } = agent;

    public FrameworkEntry Framework { get; } = framework;

    public DateTimeOffset Made { get; } = made;

    public OfferId Id => Record.Id;

    public string Role => Record.Role;

    /// <summary>With the allocation role.</summary>
    public ResourceSet Resources => Record.Resources;

    /// <summary>The framework was told of it.</summary>
    public bool IsSent { get; set; }

    public bool IsOver { get; set; }

    public int Slot { get; set; }

    public int AgentIndex { get; set; }

    public int FrameworkIndex { get; set; }

    /// <summary>Its place in the order of age, which offer timeouts walk.</summary>
    public LinkedListNode<OfferEntry>? Age { get; set; }
}
