using Plenum.Kernel.Agents;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Preemption;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// Hierarchical dominant resource fairness. A run looks at the agents something happened to, or at all of
/// them once an interval; on each, roles and their frameworks are served in the order of their shares, and
/// the first that can take what is free takes all of it. Where quota exists a first stage serves open
/// guarantees, and the second leaves free what guarantees still need.
/// </summary>
internal sealed class Allocator(KernelContext context, ClusterBook book, OfferBook offers, InverseOffers inverse)
{
    /// <summary>
    /// With quota, a new master waits until four of five known agents are back: with fewer, the guarantees
    /// of the first to come back would be met by what belongs to the later ones. As in Mesos.
    /// </summary>
    private const double AgentsNeededWithQuota = 0.8;

    private readonly DeterministicRandom _random = new(context.Options.Seed);
    private readonly List<AgentEntry> _candidates = [];
    private readonly List<FrameworkEntry> _served = [];
    private readonly List<FrameworkClient> _servedOnAgent = [];
    private DateTimeOffset? _nextInterval;
    private DateTimeOffset? _due;
    private bool _all;
    private QuotaLedger? _ledger;
    private int _mayBeMissing = int.MaxValue;

    /// <summary>When the next run is due, which can be now.</summary>
    public DateTimeOffset? Next => Earlier(_due, _nextInterval);

    /// <summary>End of the newest run.</summary>
    public DateTimeOffset? LastRun { get; private set; }

    /// <summary>The first interval begins with the first agent or framework.</summary>
    public void Start() => _nextInterval ??= context.Now + context.Options.AllocationInterval;

    /// <summary>
    /// After a restart. An agent that does not come back in time leaves the recovered ones, so that the
    /// wait ends by itself.
    /// </summary>
    public void AwaitAgents(int known) => _mayBeMissing = known - (int)Math.Ceiling(known * AgentsNeededWithQuota);

    /// <summary>Waits for agents to come back before it divides anything.</summary>
    public bool IsHeld => !book.Quotas.IsEmpty && book.RecoveredAgents > _mayBeMissing;

    /// <summary>Look at every agent as soon as the batch of commands at hand is through.</summary>
    public void RequestAll()
    {
        _all = true;
        _due = Earlier(_due, context.Now);
    }

    /// <summary>Look at this agent as soon as the batch of commands at hand is through.</summary>
    public void Request(AgentEntry agent) => Request(agent, context.Now);

    /// <summary>
    /// A task gave resources back. Others end with it more often than not, so a short wait makes one larger
    /// offer of many crumbs.
    /// </summary>
    public void RequestSoon(AgentEntry agent) => Request(agent, context.Now + context.Options.RecoveryBatchDelay);

    public void RunWhenDue()
    {
        if (_nextInterval <= context.Now)
        {
            _nextInterval = context.Now + context.Options.AllocationInterval;
            _all = true;
            Run();
        }
        else if (_due <= context.Now)
        {
            Run();
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right : left;

    private void Request(AgentEntry agent, DateTimeOffset due)
    {
        if (!agent.IsCandidate)
        {
            agent.IsCandidate = true;
            _candidates.Add(agent);
        }

        _due = Earlier(_due, due);
    }

    private void Run()
    {
        _due = null;
        if (IsHeld)
        {
            return;
        }

        context.Counters.AllocationRuns++;
        LastRun = context.Now;
        Gather();
        if (book.Roles.HasActive)
        {
            book.Roles.RefreshAll();
            TakeLedger();
            if (_ledger is not null)
            {
                _random.Shuffle(_candidates);
                foreach (var agent in _candidates)
                {
                    Serve(agent, forGuarantees: true);
                }
            }

            _random.Shuffle(_candidates);
            foreach (var agent in _candidates)
            {
                Serve(agent, forGuarantees: false);
            }
        }

        foreach (var framework in _served)
        {
            offers.SendNew(framework);
        }

        inverse.Ask(_candidates);
        _candidates.Clear();
        _served.Clear();
    }

    private void Gather()
    {
        foreach (var agent in _candidates)
        {
            agent.IsCandidate = false;
        }

        if (_all)
        {
            _candidates.Clear();
            foreach (var agent in book.Agents.Values)
            {
                _candidates.Add(agent);
            }
        }

        _all = false;
    }

    private void TakeLedger()
    {
        _ledger = book.Quotas.IsEmpty ? null : QuotaLedger.Take(book);
        if (_ledger is null || !book.Quotas.IsDisturbed)
        {
            return;
        }

        // Newest first: who has waited longest for its answer keeps it.
        book.Quotas.IsDisturbed = false;
        for (var node = book.OffersByAge.Last; node is not null;)
        {
            var (offer, older) = (node.Value, node.Previous);
            if (_ledger.IsAboveLimit(offer))
            {
                offers.Rescind(offer);
                _ledger.Book(_ledger.Find(offer.Role), offer.Resources, -1);
            }

            node = older;
        }
    }

    private void Serve(AgentEntry agent, bool forGuarantees)
    {
        if (!agent.IsOfferable || agent.Available.IsEmpty || !book.Whitelist.Admits(agent))
        {
            return;
        }

        // What is cleared for one is offered to that one, or to nobody.
        if (book.Claims.Count > 0 && book.Claims.TryGetValue(agent.Id, out var claim) && claim.Stands(context.Now))
        {
            ServeClaim(agent, claim, forGuarantees);
            return;
        }

        foreach (var leaf in book.Roles.InOrder())
        {
            if (forGuarantees)
            {
                ServeGuarantee(agent, leaf);
            }
            else
            {
                ServeRole(agent, leaf);
            }

            if (agent.Available.IsEmpty)
            {
                break;
            }
        }

        foreach (var client in _servedOnAgent)
        {
            book.Roles.Reorder(client);
        }

        _servedOnAgent.Clear();
    }

    private void ServeGuarantee(AgentEntry agent, RoleLeaf leaf)
    {
        if (leaf.Role.Account is not { } account)
        {
            return;
        }

        // A child's use of its parents' reservations is no matter of guarantees: those count already.
        var role = leaf.Role.Path;
        var free = agent.Available.Where((in entry) =>
            entry.IsUnreserved || string.Equals(entry.Role, role, StringComparison.Ordinal));
        for (var i = 0; i < leaf.ActiveClients.Count && !free.IsEmpty && account.HasClaim; i++)
        {
            var client = book.Roles.Next(leaf, i);
            if (Eligibility.Check(client, agent, context.Options) == OfferObstacle.None)
            {
                var part = _ledger!.ForGuarantee(account, Eligibility.KnownTo(client, free));
                free -= TryGrant(client, agent, account, part).NonShared;
            }
        }
    }

    private void ServeRole(AgentEntry agent, RoleLeaf leaf)
    {
        var free = Eligibility.OpenTo(agent.Available, leaf.Role.Path);
        var account = _ledger is null ? null : leaf.Role.Account;
        var count = leaf.ActiveClients.Count;
        for (var i = 0; i < count && !free.IsEmpty; i++)
        {
            var client = book.Roles.Next(leaf, i);
            if (Eligibility.Check(client, agent, context.Options) == OfferObstacle.None)
            {
                var part = Eligibility.KnownTo(client, free);
                part = _ledger is null ? part : _ledger.ForFairShare(account, part);
                free -= TryGrant(client, agent, account, part).NonShared;
            }
        }
    }

    private void ServeClaim(AgentEntry agent, AgentClaim claim, bool forGuarantees)
    {
        var client = claim.Client;
        var part = Eligibility.KnownTo(client, Eligibility.OpenTo(agent.Available, client.Role));
        var account = _ledger is null ? null : client.Leaf.Role.Account;
        part = _ledger is null ? part : _ledger.ForFairShare(account, part);
        if (forGuarantees || !claim.Wish.IsMetBy(client.Role, agent.Id, part.Quantities)
            || Eligibility.Check(client, agent, context.Options) != OfferObstacle.None)
        {
            return;
        }

        // Whole, however late it answers: half would not meet the wish, and others' tasks ended for all of it.
        if (!TryGrant(client, agent, account, part, mayHalve: false).IsEmpty)
        {
            book.Claims.Remove(agent.Id);
            book.Roles.Reorder(client);
            _servedOnAgent.Clear();
        }
    }

    /// <summary>
    /// Makes an offer of these if they are worth one and not refused; returns what it took. Of shared volumes
    /// that is a copy: they stay free for the next framework.
    /// </summary>
    private ResourceSet TryGrant(FrameworkClient client, AgentEntry agent, RoleAccount? account, ResourceSet part, bool mayHalve = true)
    {
        part = Eligibility.WithoutCopiesOf(client, agent, part);
        if (mayHalve && client.IsLate && book.Roles.HasPunctual)
        {
            part = Eligibility.HalfFor(client, agent, part);
        }

        if (!Eligibility.IsWorthAnOffer(client, part, context.Options) || client.Filters.Blocks(agent.Id, part, context.Now))
        {
            return ResourceSet.Empty;
        }

        var framework = client.Framework;
        if (framework.NewOffers.Count == 0)
        {
            _served.Add(framework);
        }

        // Both stages together make one offer.
        var whole = part;
        if (_ledger is not null && offers.TakeBackUnsent(framework, agent, client.Role) is { } earlier)
        {
            whole += earlier.Unallocated;
        }

        offers.Make(framework, agent, client.Role, whole);
        _ledger?.Book(account, part);
        if (framework.Wishes.Count > 0)
        {
            framework.Wishes.RemoveAll(wish => wish.IsMetBy(client.Role, agent.Id, whole.Quantities));
        }

        RoleTree.CountAllocation(client);
        _servedOnAgent.Add(client);
        return part;
    }
}
