using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Preemption;

/// <summary>One look: how much may still end, and the plan for the demand at hand.</summary>
internal sealed class PreemptionLook
{
    private readonly KernelContext _context;
    private readonly ClusterBook _book;
    private readonly QuotaLedger? _ledger;
    private readonly GuaranteeGuard _guard;
    private readonly VictimSearch _search;
    private readonly ScalarTotals _ending = new();
    private readonly AgentEntry[] _agents;
    private int _budget;

    public PreemptionLook(KernelContext context, ClusterBook book)
    {
        _context = context;
        _book = book;
        _ledger = book.Quotas.IsEmpty ? null : QuotaLedger.Take(book);
        _guard = new GuaranteeGuard(book);
        _search = new VictimSearch(book.Priorities, _guard);
        Left = context.Options.MaxPreemptions;
        _agents = [.. book.Agents.Values];
        _budget = context.Options.MaxPreemptionCandidates;
        var holders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var agent in _agents)
        {
            foreach (var offer in agent.Offers)
            {
                holders.Add(offer.Role);
            }

            foreach (var task in agent.Tasks)
            {
                holders.Add(task.Role);

                // Their room is on its way already.
                if (task is { PreemptedFor: not null, HoldsResources: true })
                {
                    _ending.Add(task.Record.Resources);
                }
            }
        }

        Lowest = holders.Count == 0 ? int.MinValue : holders.Min(book.Priorities.Of);
    }

    /// <summary>The lowest priority of those that hold anything: who is not above it can take nothing from anybody.</summary>
    public int Lowest { get; }

    /// <summary>All that may be weighed for wishes was.</summary>
    public bool IsSpent => _budget <= 0;

    /// <summary>Tasks this look may still end.</summary>
    public int Left { get; private set; }

    public IReadOnlyList<RoleAccount> Accounts => _ledger?.Accounts ?? [];

    public List<OfferEntry> TakenOffers { get; } = [];

    public List<TaskEntry> Victims { get; private set; } = [];

    public (AgentId Agent, AgentClaim Claim)? Claim { get; private set; }

    /// <summary>Who needs the room, for whom it is taken from.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>
    /// What is missing of the part of a guarantee that is not assigned to roles below: open, wanted by somebody
    /// and nowhere free. What is free and was refused, or is in crumbs, is not missing.
    /// </summary>
    public ScalarTotals ShortOf(RoleAccount account)
    {
        var missing = new ScalarTotals();
        foreach (var (name, _) in account.Quota.Guarantees)
        {
            var millis = Math.Min(account.OwnNeed(name), _ledger!.Shortage(name) - _ending.Of(name));
            if (millis > 0)
            {
                missing.Add(name, millis);
            }
        }

        return missing;
    }

    public bool PlanGuarantee(RoleAccount account, RoleNode node, int priority)
    {
        var missing = ShortOf(account);
        if (missing.IsZero)
        {
            return false;
        }

        Reason = $"role '{account.Quota.Role}' (priority {priority}) has not got the {Describe(missing)} of its guarantee";
        var clients = ActiveBelow(node);

        // 1. Offers of the less important, the newest first: nobody loses work by it.
        for (var offer = _book.OffersByAge.Last; offer is not null && Open(missing); offer = offer.Previous)
        {
            if (_book.Priorities.Of(offer.Value.Role) < priority && IsEligible(clients, offer.Value.Agent))
            {
                TakenOffers.Add(offer.Value);
                Cover(missing, offer.Value.Resources);
            }
        }

        // 2. Tasks, as far as this look may go; the next one goes on.
        if (Open(missing))
        {
            var candidates = new List<TaskEntry>();
            foreach (var agent in _agents)
            {
                if (candidates.Count >= _context.Options.MaxPreemptionCandidates)
                {
                    break;
                }

                if (IsEligible(clients, agent))
                {
                    candidates.AddRange(agent.Tasks.Where(task => _search.IsCandidate(task, priority)));
                }
            }

            Victims = _search.Choose(candidates, missing, Left, inPart: true) ?? [];
        }

        return TakenOffers.Count > 0 || Victims.Count > 0;
    }

    /// <summary>
    /// The agent where the least important, then the fewest, then the newest tasks have to go; in a large cluster the best
    /// of those that the look may still weigh, and the next look goes on with the others.
    /// </summary>
    public bool PlanWish(FrameworkClient client, ResourceWish wish, int priority, WishTurns turns)
    {
        if (IsSpent)
        {
            return false;
        }

        (int Ceiling, int Count, double Newest, AgentEntry Agent, List<OfferEntry> Offers, List<TaskEntry> Victims)? best = null;
        var next = turns.Begin(wish);
        for (; next < _agents.Length && !IsSpent; next++)
        {
            var agent = _agents[next];
            _budget--;
            if ((wish.Agent is { } named && named != agent.Id) || _book.Claims.ContainsKey(agent.Id) || !IsEligible([client], agent))
            {
                continue;
            }

            _budget -= agent.Tasks.Count;
            if (PlanOn(agent, client, wish, priority) is not { } plan)
            {
                continue;
            }

            var cost = (
                plan.Victims.Count == 0 ? int.MinValue : plan.Victims.Max(task => _book.Priorities.Of(task.Role)),
                plan.Victims.Count,
                plan.Victims.Count == 0 ? 0 : -plan.Victims.Min(VictimSearch.Since));
            if (best is not { } known
                || (cost.CompareTo((known.Ceiling, known.Count, known.Newest)) is var order && order < 0)
                || (order == 0 && string.CompareOrdinal(agent.Id.Value, known.Agent.Id.Value) < 0))
            {
                best = (cost.Item1, cost.Count, cost.Item3, agent, plan.Offers, plan.Victims);
            }
        }

        if (best is not { } found)
        {
            turns.InVain(wish, next < _agents.Length ? next : null);
            return false;
        }

        TakenOffers.AddRange(found.Offers);
        Victims = found.Victims;
        Claim = (found.Agent.Id, new AgentClaim(client, wish, _context.Now + _context.Options.ClaimTimeout));
        Reason = $"role '{wish.Role}' (priority {priority}) needs {wish.Amounts} for framework {client.Framework.Id}";
        return true;
    }

    /// <summary>The plan was carried out.</summary>
    public void Done()
    {
        foreach (var task in Victims)
        {
            _guard.Settle(task);
            _ending.Add(task.Record.Resources);
        }

        foreach (var offer in TakenOffers)
        {
            _ledger?.Book(_ledger.Find(offer.Role), offer.Resources, -1);
        }

        Left -= Victims.Count;
        TakenOffers.Clear();
        Victims = [];
        Claim = null;
    }

    private (List<OfferEntry> Offers, List<TaskEntry> Victims)? PlanOn(
        AgentEntry agent, FrameworkClient client, ResourceWish wish, int priority)
    {
        var open = Eligibility.KnownTo(client, Eligibility.OpenTo(agent.Available, wish.Role)).Quantities;
        var (missing, freed) = (new ScalarTotals(), new ScalarTotals());
        foreach (var (name, millis) in wish.Amounts.Amounts)
        {
            if (millis > open[name])
            {
                missing.Add(name, millis - open[name]);
                freed.Add(name, millis - open[name]);
            }
        }

        // Quota could hand what is freed to others: then it is not freed.
        if (_ledger is not null && wish.Amounts.Amounts.ToArray().Any(
            amount => !_ledger.Allows(_ledger.Find(wish.Role), amount.Key, amount.Value, freed.Of(amount.Key))))
        {
            return null;
        }

        var taken = new List<OfferEntry>();
        foreach (var offer in agent.Offers.OrderByDescending(static offer => offer.Made))
        {
            if (Open(missing) && _book.Priorities.Of(offer.Role) < priority)
            {
                taken.Add(offer);
                Cover(missing, offer.Resources);
            }
        }

        if (!Open(missing))
        {
            return (taken, []);
        }

        var candidates = agent.Tasks.FindAll(task => _search.IsCandidate(task, priority));
        return _search.Choose(candidates, missing, Left) is { } victims ? (taken, victims) : null;
    }

    private bool IsEligible(List<FrameworkClient> clients, AgentEntry agent) =>
        agent.IsOfferable && agent.Unavailability is null && !agent.Overcommitted && _book.Whitelist.Admits(agent)
        && clients.Exists(client => Eligibility.Check(client, agent, _context.Options) == OfferObstacle.None);

    private List<FrameworkClient> ActiveBelow(RoleNode node)
    {
        var clients = new List<FrameworkClient>();
        foreach (var other in _book.Roles.Nodes)
        {
            if (other == node || RoleName.IsStrictChild(other.Path, node.Path))
            {
                clients.AddRange(other.Leaf.Clients.Where(static client => client.Active));
            }
        }

        return clients;
    }

    private static bool Open(ScalarTotals missing)
    {
        for (var i = 0; i < missing.Count; i++)
        {
            if (missing[i].Millis > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static void Cover(ScalarTotals missing, ResourceSet resources)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.Kind == Value.Types.Type.Scalar && entry.IsUnreserved && !entry.IsRevocable && missing.Of(entry.Name) > 0)
            {
                missing.Add(entry.Name, -entry.Millis);
            }
        }
    }

    private static string Describe(ScalarTotals amounts) =>
        string.Join(", ", Enumerable.Range(0, amounts.Count).Select(i => $"{QuotaRules.Units(amounts[i].Millis)} {amounts[i].Name}"));
}
