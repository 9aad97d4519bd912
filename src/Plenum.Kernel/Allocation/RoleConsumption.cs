using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// What roles of the first level hold without their offers: reservations of their subtree and unreserved
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

            var slash = role.IndexOf('/', StringComparison.Ordinal);
            var top = slash < 0 ? role : role[..slash];
            if (!held.TryGetValue(top, out var totals))
            {
                held.Add(top, totals = new ScalarTotals());
            }

            totals.Add(entry.Name, entry.Millis);
        }
    }
}
