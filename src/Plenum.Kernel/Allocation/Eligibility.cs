using Plenum.Kernel.Agents;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Allocation;

/// <summary>What of an agent's free resources a framework can be told of at all.</summary>
internal static class Eligibility
{
    public static ResourceSet TakeableBy(FrameworkClient client, AgentEntry agent, ResourceSet free, KernelOptions options)
    {
        var can = client.Framework.Capabilities;
        if ((options.FilterGpuResources && !can.GpuResources && agent.Total.Millis("gpus") > 0)
            || (!can.RegionAware && IsElsewhere(agent, options))
            || (client.Framework.Constraints is { } constraints && !constraints.Admit(client.Role, agent.Info)))
        {
            return ResourceSet.Empty;
        }

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

    private static bool IsElsewhere(AgentEntry agent, KernelOptions options) =>
        agent.Info.Domain?.FaultDomain?.Region?.Name is { } region
        && options.MasterInfo.Domain?.FaultDomain?.Region?.Name is { } home
        && !string.Equals(region, home, StringComparison.Ordinal);
}
