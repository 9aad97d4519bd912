using Plenum.Kernel.Agents;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// What guarantees still need and limits still allow, kept through one allocation run. Taken anew from the
/// book each time quota exists: one pass over the agents costs less than sums that every reservation,
/// launch and loss would have to keep right.
/// </summary>
internal sealed class QuotaLedger
{
    private readonly Dictionary<string, RoleAccount> _accounts = new(StringComparer.Ordinal);

    // Parents before their children.
    private readonly List<RoleAccount> _tree = [];

    // Every role that was asked for, with the account it belongs to: bounded by the roles of the cluster.
    private readonly Dictionary<string, RoleAccount?> _found = new(StringComparer.Ordinal);
    private readonly ScalarTotals _free = new();
    private readonly ScalarTotals _required = new();
    private readonly List<(string Name, long Millis)> _taken = [];

    private QuotaLedger()
    {
    }

    /// <summary>Parents before their children.</summary>
    public IReadOnlyList<RoleAccount> Accounts => _tree;

    /// <summary>Some guarantee is open for which nothing is left free.</summary>
    public bool IsShort
    {
        get
        {
            for (var i = 0; i < _required.Count; i++)
            {
                var (name, millis) = _required[i];
                if (millis > Math.Max(0, _free.Of(name)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    public static QuotaLedger Take(ClusterBook book)
    {
        var ledger = new QuotaLedger();

        // In the order of their names parents come before their children.
        foreach (var quota in book.Quotas.All)
        {
            var account = new RoleAccount(quota, ledger.Above(quota.Role));
            ledger._accounts.Add(quota.Role, account);
            ledger._tree.Add(account);
        }

        foreach (var agent in book.Agents.Values)
        {
            if (agent.Standing == AgentStanding.Registered)
            {
                ledger.Add(agent, isOffered: agent.IsOfferable && book.Whitelist.Admits(agent));
            }
        }

        ledger.SumNeeds();
        foreach (var node in book.Roles.Nodes)
        {
            node.Account = ledger.Find(node.Path);
        }

        return ledger;
    }

    /// <summary>Of the role, or of the nearest one above it that has a quota; null when none has.</summary>
    public RoleAccount? Find(string role)
    {
        if (!_found.TryGetValue(role, out var account))
        {
            account = _accounts.GetValueOrDefault(role) ?? Above(role);
            _found.Add(role, account);
        }

        return account;
    }

    /// <summary>
    /// The part of an agent's resources that serves open guarantees of the role, with what such an offer
    /// needs beside it: reservations, ports, and scalars without a guarantee as far as nobody's guarantee
    /// suffers. Empty when nothing here serves a guarantee.
    /// </summary>
    public ResourceSet ForGuarantee(RoleAccount account, ResourceSet resources)
    {
        _taken.Clear();
        var serves = false;
        var part = resources.Shrink((in entry) =>
        {
            if (!Counts(entry))
            {
                return entry.Millis;
            }

            var isPromised = account.IsPromised(entry.Name);
            var room = Math.Min(
                account.Room(entry.Name), isPromised ? account.Claim(entry.Name) : Surplus(entry.Name));
            var millis = TakeUpTo(entry, room);
            serves |= isPromised && millis > 0;
            return millis;
        });
        return serves ? part : ResourceSet.Empty;
    }

    /// <summary>The part that neither exceeds the role's limit nor touches what is kept for others' guarantees.</summary>
    public ResourceSet ForFairShare(RoleAccount? account, ResourceSet resources)
    {
        _taken.Clear();
        return resources.Shrink((in entry) => Counts(entry) ? TakeUpTo(entry, Room(account, entry.Name)) : entry.Millis);
    }

    /// <summary>How much of a free scalar the role may get now.</summary>
    public long Room(RoleAccount? account, string name) => account is null
        ? Surplus(name)
        : Math.Min(account.Room(name), Surplus(name) + account.Claim(name));

    /// <summary>How much of what guarantees need is not free.</summary>
    public long Shortage(string name) => Math.Max(0, _required.Of(name) - Math.Max(0, _free.Of(name)));

    /// <summary>Whether the role could get so much of a name when a part of it were freed.</summary>
    public bool Allows(RoleAccount? account, string name, long millis, long freed) =>
        millis <= (account?.Room(name) ?? long.MaxValue)
        && millis <= Math.Max(0, _free.Of(name) + freed - _required.Of(name)) + (account?.Claim(name) ?? 0);

    /// <summary>The role got these, or gave them back.</summary>
    public void Book(RoleAccount? account, ResourceSet resources, int sign = 1)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (!Counts(entry))
            {
                continue;
            }

            _free.Add(entry.Name, -sign * entry.Millis);
            if (account is not null)
            {
                _required.Add(entry.Name, account.Hold(entry.Name, sign * entry.Millis));
            }
        }
    }

    /// <summary>Offers that stand above a limit, which a run takes back before it makes new ones.</summary>
    public bool IsAboveLimit(OfferEntry offer)
    {
        if (Find(offer.Role) is not { } account)
        {
            return false;
        }

        foreach (ref readonly var entry in offer.Resources.Entries)
        {
            if (Counts(entry) && account.IsAboveLimit(entry.Name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Scalars that are neither reserved nor revocable: reservations count for their role as a whole.</summary>
    private static bool Counts(in ResourceEntry entry) =>
        entry.Kind == Value.Types.Type.Scalar && entry.IsUnreserved && !entry.IsRevocable;

    private long Surplus(string name) => Math.Max(0, _free.Of(name) - _required.Of(name));

    /// <summary>One name may come in several entries (disks): they share the room.</summary>
    private long TakeUpTo(in ResourceEntry entry, long room)
    {
        foreach (var (name, taken) in _taken)
        {
            if (room != long.MaxValue && string.Equals(name, entry.Name, StringComparison.Ordinal))
            {
                room -= taken;
            }
        }

        var millis = Math.Clamp(room, 0, entry.Millis);
        if (millis < entry.Millis && entry.IsIndivisible)
        {
            return 0;
        }

        _taken.Add((entry.Name, millis));
        return millis;
    }

    private static void Consume(RoleAccount? account, in ResourceEntry entry)
    {
        for (; account is not null; account = account.Parent)
        {
            account.Consumed.Add(entry.Name, entry.Millis);
        }
    }

    private RoleAccount? Above(string role)
    {
        for (var slash = role.LastIndexOf('/'); slash > 0; slash = role.LastIndexOf('/', slash - 1))
        {
            if (_accounts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(role.AsSpan(0, slash), out var account))
            {
                return account;
            }
        }

        return null;
    }

    private void SumNeeds()
    {
        for (var i = _tree.Count - 1; i >= 0; i--)
        {
            var account = _tree[i];
            var needs = account.Parent?.NeededBelow ?? _required;
            foreach (var (name, _) in account.Quota.Guarantees)
            {
                needs.Add(name, account.Needed(name));
            }
        }
    }

    private void Add(AgentEntry agent, bool isOffered)
    {
        foreach (ref readonly var entry in agent.Total.Entries)
        {
            if (!entry.IsUnreserved && entry.Kind == Value.Types.Type.Scalar)
            {
                Consume(Find(entry.Role), entry);
            }
        }

        AddHeld(agent.Used);
        AddHeld(agent.Offered);
        if (!isOffered)
        {
            return;
        }

        foreach (ref readonly var entry in agent.Available.Entries)
        {
            if (Counts(entry))
            {
                _free.Add(entry.Name, entry.Millis);
            }
        }
    }

    private void AddHeld(ResourceSet held)
    {
        foreach (ref readonly var entry in held.Entries)
        {
            if (Counts(entry) && entry.AllocationRole is { } role)
            {
                Consume(Find(role), entry);
            }
        }
    }
}
