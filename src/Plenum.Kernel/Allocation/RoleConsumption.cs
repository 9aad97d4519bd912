using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// What each role holds together with those below it, without their offers: reservations and unreserved
/// resources in use. Counted from the agents, apart from the ledger, which checks it.
/// </summary>
internal static class RoleConsumption
{
    public static Dictionary<string, ScalarTotals> Of(ClusterBook book, bool withOffers = false)
    {
        var held = new Dictionary<string, ScalarTotals>(StringComparer.Ordinal);
        foreach (var agent in book.Agents.Values.Where(agent => agent.Standing == AgentStanding.Registered))
        {
            foreach (ref readonly var entry in agent.Total.Reserved.Entries)
            {
                Add(entry, entry.Role);
            }

            AddUnreserved(agent.Used);
            if (withOffers)
            {
                AddUnreserved(agent.Offered);
            }
        }

        return held;

        void AddUnreserved(ResourceSet resources)
        {
            foreach (ref readonly var entry in resources.Unreserved.NonRevocable.Entries)
            {
                Add(entry, entry.AllocationRole ?? RoleName.Default);
            }
        }

        void Add(in ResourceEntry entry, string role)
        {
            if (entry.Kind != Value.Types.Type.Scalar)
            {
                return;
            }

            for (var path = role; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
            {
                if (!held.TryGetValue(path, out var totals))
                {
                    held.Add(path, totals = new ScalarTotals());
                }

                totals.Add(entry.Name, entry.Millis);
            }
        }
    }
}
