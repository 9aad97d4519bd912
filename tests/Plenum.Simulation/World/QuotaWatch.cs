using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Simulation.World;

/// <summary>
/// No offer lifts a role above its quota's limit, and none that serves more than a guarantee takes what the guarantees
/// of others still need. Counts anew from the whole book for each round of offers.
/// </summary>
internal static class QuotaWatch
{
    public static void After(string master, List<KernelEffect> effects, ClusterSnapshot book)
    {
        if (book.Quotas.Count == 0)
        {
            return;
        }

        foreach (var effect in effects)
        {
            if (effect is KernelEffect.SendToScheduler(_, { Offers: { } offers }))
            {
                foreach (var offer in offers.Offers_)
                {
                    Check(master, offer, book);
                }
            }
        }
    }

    private static void Check(string master, Offer offer, ClusterSnapshot book)
    {
        foreach (ref readonly var entry in ResourceSet.FromWire(offer.Resources).Entries)
        {
            if (!Counts(entry))
            {
                continue;
            }

            var name = entry.Name;
            foreach (var over in book.Quotas.Where(known => IsWithin(offer.AllocationInfo?.Role ?? "*", known.Role)))
            {
                if (over.Limits.TryGetValue(name, out var limit) && Consumed(book, over.Role, name) is var all && all > Millis(limit))
                {
                    throw new SimulationFailureException(
                        $"{master} offers {name} within {over.Role}, which has {all} now and a limit of {limit.Value}");
                }
            }

            // Guarantees of roles below others are parts of those.
            var role = (offer.AllocationInfo?.Role ?? "*").Split('/')[0];
            var held = Consumed(book, role, name);
            var quota = book.Quotas.FirstOrDefault(known => known.Role == role);
            var guarantee = quota is not null && quota.Guarantees.TryGetValue(name, out var promised) ? Millis(promised) : 0;
            var needed = book.Quotas.Sum(known => !known.Role.Contains('/', StringComparison.Ordinal) && known.Guarantees.TryGetValue(name, out var amount)
                ? Math.Max(0, Millis(amount) - Consumed(book, known.Role, name))
                : 0);
            var free = book.Agents.Sum(agent => agent.Active ? Free(agent, name) : 0);
            if (held > guarantee && free < needed)
            {
                throw new SimulationFailureException(
                    $"{master} offers {name} to {role}, which has {held} and is promised {guarantee}, and leaves {free} where others are promised {needed}");
            }
        }
    }

    private static bool IsWithin(string role, string above) =>
        role == above || role.StartsWith($"{above}/", StringComparison.Ordinal);

    private static long Millis(Value.Types.Scalar scalar) => (long)Math.Round(scalar.Value * 1000);

    private static bool Counts(in ResourceEntry entry) =>
        entry.Kind == Value.Types.Type.Scalar && entry.IsUnreserved && !entry.IsRevocable;

    private static long Consumed(ClusterSnapshot book, string role, string name)
    {
        var sum = 0L;
        foreach (var agent in book.Agents)
        {
            foreach (ref readonly var entry in agent.Total.Entries)
            {
                sum += !entry.IsUnreserved && entry.Name == name && IsWithin(entry.Role, role) ? entry.Millis : 0;
            }

            foreach (ref readonly var entry in (agent.Used + agent.Offered).Entries)
            {
                sum += Counts(entry) && entry.Name == name && IsWithin(entry.AllocationRole ?? "*", role) ? entry.Millis : 0;
            }
        }

        return sum;
    }

    private static long Free(AgentRecord agent, string name)
    {
        var sum = 0L;
        foreach (ref readonly var entry in (agent.Total - (agent.Used + agent.Offered).Unallocated).Entries)
        {
            sum += Counts(entry) && entry.Name == name ? entry.Millis : 0;
        }

        return sum;
    }
}
