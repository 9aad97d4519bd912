using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Offers;

/// <summary>The form of an offer that one framework understands.</summary>
internal static class OfferWire
{
    /// <summary>Path under which Mesos agents answer; schedulers build links from it.</summary>
    private const string AgentPath = "/slave(1)";

    public static Offer Write(string id, FrameworkEntry framework, AgentEntry agent, string role, ResourceSet resources)
    {
        var offer = new Offer
        {
            Id = new OfferID { Value = id },
            FrameworkId = framework.Id.ToWire(),
            AgentId = agent.Id.ToWire(),
            Hostname = agent.Info.Hostname,
            Domain = agent.Info.Domain,
        };
        if (UrlOf(agent) is { } url)
        {
            offer.Url = url;
        }

        if (agent.Unavailability is { } unavailability)
        {
            offer.Unavailability = unavailability;
        }

        // A framework without MULTI_ROLE does not know allocation_info and would echo resources without it.
        if (framework.Capabilities.MultiRole)
        {
            offer.AllocationInfo = new Resource.Types.AllocationInfo { Role = role };
        }

        offer.Resources.AddRange((framework.Capabilities.MultiRole ? resources : resources.Unallocated).ToWire(Format(framework)));
        offer.Attributes.AddRange(agent.Info.Attributes);
        foreach (var executor in agent.Executors.Values)
        {
            if (executor.Framework == framework)
            {
                offer.ExecutorIds.Add(executor.Record.Id.ToWire());
            }
        }

        return offer;
    }

    public static URL? UrlOf(AgentEntry agent) =>
        agent.Address is { } address ? new URL { Scheme = "http", Address = address, Path = AgentPath } : null;

    private static ReservationFormat Format(FrameworkEntry framework) =>
        framework.Capabilities.ReservationRefinement ? ReservationFormat.Refined : ReservationFormat.PreRefinement;
}
