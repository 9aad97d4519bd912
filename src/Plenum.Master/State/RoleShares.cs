using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;

namespace Plenum.Master.State;

/// <summary>What the roles hold, from one pass over the agents.</summary>
internal sealed class RoleShares
{
    public static readonly RoleShares None = new();

    public ResourceQuantities Used { get; private set; }

    public ResourceQuantities Offered { get; private set; }

    public ResourceQuantities Reserved { get; private set; }

    /// <summary>
    /// What counts against quota: the role's reservations, used or not, and what it uses beside them and
    /// nobody can revoke. Offers do not.
    /// </summary>
    public ResourceQuantities Consumed { get; private set; }

    public PortRanges Ports { get; private set; }

    public static Dictionary<string, RoleShares> Of(ClusterSnapshot state)
    {
        var shares = new Dictionary<string, RoleShares>(StringComparer.Ordinal);
        foreach (var agent in state.Agents)
        {
            foreach (var role in agent.Used.AllocationRoles)
            {
                var used = agent.Used.WhereAllocatedTo(role);
                For(role).Used += used.Quantities;
                For(role).Ports += used.Ports;
                For(role).Consumed += used.Unreserved.NonRevocable.Quantities;
            }

            foreach (var role in agent.Offered.AllocationRoles)
            {
                var offered = agent.Offered.WhereAllocatedTo(role);
                For(role).Offered += offered.Quantities;
                For(role).Ports += offered.Ports;
            }

            foreach (var role in agent.Total.ReservedRoles)
            {
                For(role).Reserved += agent.Total.ReservedTo(role).Quantities;
                For(role).Consumed += agent.Total.ReservedTo(role).Quantities;
            }
        }

        return shares;

        RoleShares For(string role)
        {
            if (!shares.TryGetValue(role, out var share))
            {
                shares[role] = share = new RoleShares();
            }

            return share;
        }
    }
}
