using Plenum.Kernel.Offers;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Quota;

namespace Plenum.Kernel.Allocation;

/// <summary>UPDATE_QUOTA and the older SET_QUOTA and REMOVE_QUOTA.</summary>
internal sealed class QuotaDesk(KernelContext context, ClusterBook book, OfferBook offers, Allocator allocator)
{
    /// <summary>Roles with quota; each allocation run keeps an account of each.</summary>
    private const int MaxQuotas = 10_000;

    public OperatorRefusal? Update(IReadOnlyList<QuotaConfig> configs, bool force)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var config in configs)
        {
            var error = QuotaRules.Check(config) ?? (named.Add(config.Role) ? null : $"Role '{config.Role}' is listed twice");
            if (error is not null)
            {
                return OperatorRefusal.Invalid(error);
            }
        }

        if (book.Quotas.Count + named.Count > MaxQuotas)
        {
            return OperatorRefusal.Invalid($"At most {MaxQuotas} roles may have a quota");
        }

        var quotas = configs.Select(config => new RoleQuota(config)).ToList();
        if (QuotaRules.CheckTree(After(quotas)) is { } wrong)
        {
            return OperatorRefusal.Invalid(wrong);
        }

        if (!force && (CheckCapacity(quotas) ?? CheckConsumption(quotas)) is { } tooMuch)
        {
            return OperatorRefusal.Invalid(tooMuch);
        }

        Set(quotas);
        return null;
    }

    /// <summary>Only for a role without quota: a change goes through UPDATE_QUOTA.</summary>
    public OperatorRefusal? Set(QuotaRequest request)
    {
        if (QuotaRules.Check(request) is { } error)
        {
            return OperatorRefusal.Invalid(error);
        }

        if (book.Quotas.Find(request.Role) is not null)
        {
            return OperatorRefusal.Invalid($"Role '{request.Role}' has a quota already; remove it first or use UPDATE_QUOTA");
        }

        if (book.Quotas.Count >= MaxQuotas)
        {
            return OperatorRefusal.Invalid($"At most {MaxQuotas} roles may have a quota");
        }

        List<RoleQuota> quotas = [new RoleQuota(QuotaRules.ToConfig(request))];
        if (QuotaRules.CheckTree(After(quotas)) is { } wrong)
        {
            return OperatorRefusal.Invalid(wrong);
        }

        if (!request.Force && CheckCapacity(quotas) is { } tooMuch)
        {
            return OperatorRefusal.Conflict(tooMuch);
        }

        Set(quotas);
        return null;
    }

    public OperatorRefusal? Remove(string role)
    {
        if (book.Quotas.Find(role) is null)
        {
            return OperatorRefusal.Invalid($"Role '{role}' has no quota");
        }

        List<RoleQuota> none = [new RoleQuota(new QuotaConfig { Role = role })];
        if (QuotaRules.CheckTree(After(none)) is { } wrong)
        {
            return OperatorRefusal.Invalid(wrong);
        }

        Set(none);
        return null;
    }

    /// <summary>All quotas as they would be.</summary>
    private Dictionary<string, RoleQuota> After(List<RoleQuota> changed)
    {
        var all = book.Quotas.All.ToDictionary(quota => quota.Role, StringComparer.Ordinal);
        foreach (var quota in changed)
        {
            all[quota.Role] = quota;
        }

        return all;
    }

    private void Set(List<RoleQuota> quotas)
    {
        // 1. Kept, and durable before anybody hears of it.
        foreach (var quota in quotas)
        {
            book.Quotas.Set(quota);
            if (quota.IsDefault)
            {
                context.Delete(RegistryKeys.OfQuota(quota.Role));
            }
            else
            {
                context.Write(quota.Wire);
            }
        }

        // 2. The roles' own offers were made under the old quota.
        foreach (var offer in book.Offers.Values.Where(offer => quotas.Exists(quota => IsWithin(offer.Role, quota.Role))).ToList())
        {
            offers.Rescind(offer);
        }

        // 3. Others give back what open guarantees need, the newest offers first, until there is enough.
        var ledger = QuotaLedger.Take(book);
        for (var node = book.OffersByAge.Last; node is not null && ledger.IsShort;)
        {
            var (offer, older) = (node.Value, node.Previous);
            offers.Rescind(offer);
            ledger.Book(ledger.Find(offer.Role), offer.Resources, -1);
            node = older;
        }

        allocator.RequestAll();
    }

    private static bool IsWithin(string role, string top) =>
        string.Equals(role, top, StringComparison.Ordinal) || RoleName.IsStrictChild(role, top);

    /// <summary>
    /// All guarantees together must fit the cluster, without what is statically reserved and so can never
    /// serve another role, and without what can be revoked. Those of the first level contain the others.
    /// </summary>
    private string? CheckCapacity(List<RoleQuota> changed)
    {
        var sum = new ScalarTotals();
        foreach (var quota in After(changed).Values.Where(static quota => !quota.Role.Contains('/', StringComparison.Ordinal)))
        {
            foreach (var (name, millis) in quota.Guarantees)
            {
                sum.Add(name, millis);
            }
        }

        var capacity = new ScalarTotals();
        foreach (var agent in book.Agents.Values.Where(agent => agent.Standing == AgentStanding.Registered))
        {
            foreach (ref readonly var entry in agent.Total.Entries)
            {
                var isStatic = !entry.IsUnreserved && !entry.Reservations[0].IsDynamic;
                if (entry.Kind == Value.Types.Type.Scalar && !isStatic && !entry.IsRevocable)
                {
                    capacity.Add(entry.Name, entry.Millis);
                }
            }
        }

        for (var i = 0; i < sum.Count; i++)
        {
            var (name, millis) = sum[i];
            if (millis > capacity.Of(name))
            {
                return $"All guarantees together would be {QuotaRules.Units(millis)} {name}, and the cluster has "
                    + $"{QuotaRules.Units(capacity.Of(name))}; 'force' sets them all the same";
            }
        }

        return null;
    }

    private string? CheckConsumption(List<RoleQuota> changed)
    {
        var held = RoleConsumption.Of(book);
        foreach (var quota in changed)
        {
            foreach (var (name, limit) in quota.Limits)
            {
                var consumed = held.GetValueOrDefault(quota.Role)?.Of(name) ?? 0;
                if (consumed > limit)
                {
                    return $"Role '{quota.Role}' holds {QuotaRules.Units(consumed)} {name}, above the limit of "
                        + $"{QuotaRules.Units(limit)}; 'force' sets it all the same, and nothing running is taken away";
                }
            }
        }

        return null;
    }
}
