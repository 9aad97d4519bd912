using Plenum.Kernel.Snapshots;
using Plenum.Master.State;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1.Quota;

namespace Plenum.Master.Metrics;

/// <summary>What the allocator of Mesos says of itself, below <c>allocator/mesos/</c>: reference section 7.</summary>
internal static class AllocatorMetrics
{
    private const string Prefix = "allocator/mesos/";

    public static void Add(IDictionary<string, double> all, ClusterSnapshot state)
    {
        all[$"{Prefix}allocation_runs"] = state.Counters.AllocationRuns;
        AddResources(all, state);
        foreach (var role in state.Roles)
        {
            all[$"{Prefix}offer_filters/roles/{role.Name}/active"] = role.OfferFilters;
            all[$"{Prefix}roles/{role.Name}/shares/dominant"] = role.DominantShare;
        }

        if (state.Quotas.Count > 0)
        {
            AddQuotas(all, state);
        }
    }

    private static void AddResources(IDictionary<string, double> all, ClusterSnapshot state)
    {
        foreach (var name in (string[])["cpus", "mem", "disk"])
        {
            var (total, held) = (0L, 0L);
            foreach (var agent in state.Agents)
            {
                total += agent.Total.Millis(name);
                held += agent.Used.Millis(name) + agent.Offered.Millis(name);
            }

            all[$"{Prefix}resources/{name}/total"] = Units(total);
            all[$"{Prefix}resources/{name}/offered_or_allocated"] = Units(held);
        }
    }

    private static void AddQuotas(IDictionary<string, double> all, ClusterSnapshot state)
    {
        var shares = RoleShares.Of(state);
        foreach (var quota in state.Quotas)
        {
            var (consumed, held) = (default(ResourceQuantities), default(ResourceQuantities));
            foreach (var (role, share) in shares)
            {
                if (string.Equals(role, quota.Role, StringComparison.Ordinal) || RoleName.IsStrictChild(role, quota.Role))
                {
                    consumed += share.Consumed;
                    held += share.Used + share.Offered;
                }
            }

            AddQuota(all, quota, consumed, held);
        }
    }

    private static void AddQuota(IDictionary<string, double> all, QuotaConfig quota, ResourceQuantities consumed, ResourceQuantities held)
    {
        var path = $"{Prefix}quota/roles/{quota.Role}/resources/";
        foreach (var (name, amount) in quota.Guarantees)
        {
            all[$"{path}{name}/guarantee"] = amount.Value;
        }

        foreach (var (name, amount) in quota.Limits)
        {
            all[$"{path}{name}/limit"] = amount.Value;
        }

        foreach (var name in quota.Guarantees.Keys.Union(quota.Limits.Keys, StringComparer.Ordinal))
        {
            all[$"{path}{name}/consumed"] = Units(consumed[name]);
            all[$"{path}{name}/offered_or_allocated"] = Units(held[name]);
        }
    }

    private static double Units(long millis) => millis / 1000.0;
}
