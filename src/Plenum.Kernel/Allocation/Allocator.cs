using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Offers;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// Hierarchical dominant resource fairness. A run looks at the agents something happened to, or at all of
/// them once an interval; on each, roles and their frameworks are served in the order of their shares, and
/// the first that can take what is free takes all of it. Guarantees of quota will be a first stage
/// before this one.
/// </summary>
internal sealed class Allocator(KernelContext context, ClusterBook book, OfferBook offers)
{
    private readonly DeterministicRandom _random = new(context.Options.Seed);
    private readonly List<AgentEntry> _candidates = [];
    private readonly List<FrameworkEntry> _served = [];
    private readonly List<FrameworkClient> _servedOnAgent = [];
    private DateTimeOffset? _nextInterval;
    private DateTimeOffset? _due;
    private bool _all;

    /// <summary>When the next run is due, which can be now.</summary>
    public DateTimeOffset? Next => Earlier(_due, _nextInterval);

    /// <summary>The first interval begins with the first agent or framework.</summary>
    public void Start() => _nextInterval ??= context.Now + context.Options.AllocationInterval;

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
        context.Counters.AllocationRuns++;
        _due = null;
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
        if (book.Roles.HasActive)
        {
            _random.Shuffle(_candidates);
            book.Roles.RefreshAll();
            foreach (var agent in _candidates)
            {
                Serve(agent);
            }
        }

        _candidates.Clear();
        foreach (var framework in _served)
        {
            offers.SendNew(framework);
        }

        _served.Clear();
    }

    private void Serve(AgentEntry agent)
    {
        if (!agent.Active || agent.Available.IsEmpty)
        {
            return;
        }

        foreach (var leaf in book.Roles.InOrder())
        {
            ServeRole(agent, leaf);
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

    private void ServeRole(AgentEntry agent, RoleLeaf leaf)
    {
        var free = OpenTo(agent.Available, leaf.Role.Path);
        var clients = leaf.ActiveClients;
        for (var i = 0; i < clients.Count && !free.IsEmpty; i++)
        {
            var client = clients[i];
            var taken = Eligibility.TakeableBy(client, agent, free, context.Options);
            if (!IsWorthAnOffer(client, taken) || client.Filters.Blocks(agent.Id, taken, context.Now))
            {
                continue;
            }

            var framework = client.Framework;
            if (framework.NewOffers.Count == 0)
            {
                _served.Add(framework);
            }

            offers.Make(framework, agent, leaf.Role.Path, taken);
            RoleTree.CountAllocation(client);
            _servedOnAgent.Add(client);
            free -= taken;
        }
    }

    /// <summary>Unreserved resources and those reserved to the role or to one of its ancestors.</summary>
    private static ResourceSet OpenTo(ResourceSet available, string role)
    {
        foreach (ref readonly var entry in available.Entries)
        {
            if (!entry.IsUnreserved)
            {
                return available.Where((in e) =>
                    e.IsUnreserved
                    || string.Equals(e.Role, role, StringComparison.Ordinal)
                    || RoleName.IsStrictChild(role, e.Role));
            }
        }

        return available;
    }

    private bool IsWorthAnOffer(FrameworkClient client, ResourceSet resources)
    {
        if (resources.IsEmpty)
        {
            return false;
        }

        var alternatives = client.MinAllocatable ?? context.Options.MinAllocatable;
        if (alternatives.Count == 0)
        {
            return true;
        }

        for (var i = 0; i < alternatives.Count; i++)
        {
            var enough = true;
            foreach (var (name, millis) in alternatives[i])
            {
                enough = enough && resources.Quantities[name] >= millis;
            }

            if (enough)
            {
                return true;
            }
        }

        return false;
    }
}
