using Plenum.Kernel.Agents;
using Plenum.Kernel.Explaining;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Allocation;

/// <summary>The rules by which a framework may be told of an agent and of what is free there.</summary>
internal static class Eligibility
{
    /// <summary>What stands between a framework in a role and an agent, whatever is free.</summary>
    public static OfferObstacle Check(FrameworkClient client, AgentEntry agent, KernelOptions options)
    {
        var can = client.Framework.Capabilities;
        return options.FilterGpuResources && !can.GpuResources && agent.HasGpus ? OfferObstacle.NeedsGpuCapability
            : !can.RegionAware && IsElsewhere(agent, options) ? OfferObstacle.NeedsRegionCapability
            : client.Framework.Constraints is { } constraints && !constraints.Admit(client.Role, agent.Info) ? OfferObstacle.Constraint
            : OfferObstacle.None;
    }

    /// <summary>Unreserved resources and those reserved to the role or to one of its ancestors.</summary>
    public static ResourceSet OpenTo(ResourceSet available, string role)
    {
        foreach (ref readonly var entry in available.Entries)
        {
            if (!entry.IsUnreserved)
            {
                return available.Where((in e) =>
                    e.IsUnreserved
                    || string.Equals(e.Role, role, StringComparison.Ordinal)
                    || RoleName.IsStrictChild(role, e.Role));
            }
        }

        return available;
    }

    /// <summary>Without what the framework did not say it understands.</summary>
    public static ResourceSet KnownTo(FrameworkClient client, ResourceSet free)
    {
        var can = client.Framework.Capabilities;
        foreach (ref readonly var entry in free.Entries)
        {
            if ((entry.IsShared && !can.SharedResources)
                || (entry.IsRevocable && !can.RevocableResources)
                || (entry.IsRefined && !can.ReservationRefinement))
            {
                return free.Where((in e) =>
                    !((e.IsShared && !can.SharedResources)
                        || (e.IsRevocable && !can.RevocableResources)
                        || (e.IsRefined && !can.ReservationRefinement)));
            }
        }

        return free;
    }

    /// <summary>
    /// Without shared volumes that the framework holds in another offer of the role: a second copy is good for
    /// nothing, and one that wants a volume alone would be offered it without end.
    /// </summary>
    public static ResourceSet WithoutCopiesOf(FrameworkClient client, AgentEntry agent, ResourceSet free)
    {
        // Asked before every offer, and nearly always of agents without any.
        var there = free.Shared;
        if (there.IsEmpty)
        {
            return free;
        }

        var shared = there;
        for (var i = 0; i < agent.Offers.Count && !shared.IsEmpty; i++)
        {
            var offer = agent.Offers[i];
            if (offer.Framework == client.Framework && string.Equals(offer.Role, client.Role, StringComparison.Ordinal))
            {
                shared -= offer.Resources.Shared.Unallocated;
            }
        }

        return there.Equals(shared) ? free : free.NonShared + shared;
    }

    public static bool IsWorthAnOffer(FrameworkClient client, ResourceSet resources, KernelOptions options)
    {
        if (resources.IsEmpty)
        {
            return false;
        }

        var alternatives = client.MinAllocatable ?? options.MinAllocatable;
        if (alternatives.Count == 0)
        {
            return true;
        }

        for (var i = 0; i < alternatives.Count; i++)
        {
            var enough = true;
            foreach (var (name, millis) in alternatives[i])
            {
                enough = enough && resources.Quantities[name] >= millis;
            }

            if (enough)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What one that leaves its offers unanswered may get while others wait: together with what it already
    /// holds in offers, half of the agent.
    /// </summary>
    public static ResourceSet HalfFor(FrameworkClient client, AgentEntry agent, ResourceSet resources)
    {
        var held = ResourceSet.Empty;
        foreach (var offer in agent.Offers)
        {
            if (offer.Framework == client.Framework)
            {
                held += offer.Resources;
            }
        }

        return resources.Shrink((in entry) => entry.IsUnreserved
            ? (agent.Total.Millis(entry.Name) / 2) - held.Millis(entry.Name)
            : entry.Millis);
    }

    private static bool IsElsewhere(AgentEntry agent, KernelOptions options) =>
        options.MasterInfo.Domain?.FaultDomain?.Region?.Name is { } home
        && agent.Info.Domain?.FaultDomain?.Region?.Name is { } region
        && !string.Equals(region, home, StringComparison.Ordinal);
}
