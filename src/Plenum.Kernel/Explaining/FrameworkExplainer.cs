using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Explaining;

/// <summary>
/// Answers "why do I get no offers?". Nothing is recorded while the allocator runs: the question walks the
/// agents once with the allocator's own checks, and the answer is that of the moment.
/// </summary>
internal sealed class FrameworkExplainer(KernelContext context, ClusterBook book, Allocator allocator)
{
    /// <summary>Null when there is no such framework.</summary>
    public FrameworkExplanation? Explain(FrameworkId id)
    {
        if (!book.Frameworks.TryGetValue(id, out var framework))
        {
            return null;
        }

        book.Roles.RefreshAll();
        var ledger = book.Quotas.IsEmpty ? null : QuotaLedger.Take(book);
        return new FrameworkExplanation
        {
            Id = id,
            Name = framework.Info.Name,
            Connected = framework.Connected,
            Active = framework.Active,
            Late = framework.IsLate,
            Held = allocator.IsHeld,
            Time = context.Now,
            LastAllocation = allocator.LastRun,
            Roles = [.. framework.Roles.Select(role => Explain(framework, role, ledger))],
        };
    }

    private RoleExplanation Explain(FrameworkEntry framework, string role, QuotaLedger? ledger)
    {
        var client = book.Roles.Client(framework, role);

        // The allocator keeps no shares of those that want no offers.
        client.Refresh(book.Roles.ClusterTotal, context.Options.FairSharingExcludedResources);
        var agents = new SortedDictionary<OfferObstacle, int>();
        foreach (var agent in book.Agents.Values)
        {
            if (agent.Standing == AgentStanding.Registered)
            {
                var obstacle = Judge(client, agent, ledger);
                agents[obstacle] = agents.GetValueOrDefault(obstacle) + 1;
            }
        }

        return new RoleExplanation
        {
            Role = role,
            Suppressed = framework.SuppressedRoles.Contains(role),
            Weight = client.Leaf.Role.Weight,
            Share = client.Share,
            Before = PlaceOf(client),
            Offers = framework.Offers.Count(offer => string.Equals(offer.Role, role, StringComparison.Ordinal)),
            Agents = agents,
        };
    }

    private int? PlaceOf(FrameworkClient client)
    {
        var options = context.Options;
        if (!client.Active || options.RoleSorter == SorterKind.Random || options.FrameworkSorter == SorterKind.Random)
        {
            return null;
        }

        var before = 0;
        foreach (var leaf in book.Roles.InOrder())
        {
            if (leaf == client.Leaf)
            {
                return before + leaf.ActiveClients.IndexOf(client);
            }

            before += leaf.ActiveClients.Count;
        }

        return null;
    }

    private OfferObstacle Judge(FrameworkClient client, AgentEntry agent, QuotaLedger? ledger)
    {
        // 1. The agent, and whether the framework may hear of it at all.
        var standing = !agent.Active ? OfferObstacle.AgentDisconnected
            : agent.Drain is not null ? OfferObstacle.AgentDraining
            : agent.Deactivated ? OfferObstacle.AgentDeactivated
            : !book.Whitelist.Admits(agent) ? OfferObstacle.NotWhitelisted
            : book.Claims.TryGetValue(agent.Id, out var claim) && claim.Client != client && claim.Stands(context.Now)
                ? OfferObstacle.KeptForPriority
            : Eligibility.Check(client, agent, context.Options);
        if (standing != OfferObstacle.None)
        {
            return standing;
        }

        // 2. What is free there.
        if (!Eligibility.IsWorthAnOffer(client, agent.Available, context.Options))
        {
            return WhoHas(client, agent);
        }

        var open = Eligibility.OpenTo(agent.Available, client.Role);
        if (!Eligibility.IsWorthAnOffer(client, open, context.Options))
        {
            return OfferObstacle.Reserved;
        }

        var known = Eligibility.KnownTo(client, open);
        if (!Eligibility.IsWorthAnOffer(client, known, context.Options))
        {
            return OfferObstacle.NeedsResourceCapability;
        }

        known = Eligibility.WithoutCopiesOf(client, agent, known);
        if (!Eligibility.IsWorthAnOffer(client, known, context.Options))
        {
            return OfferObstacle.OfferedToIt;
        }

        // 3. What quota leaves of that, and whether it wants it.
        var account = ledger?.Find(client.Role);
        var part = ledger is null ? known : ledger.ForFairShare(account, known);
        return !Eligibility.IsWorthAnOffer(client, part, context.Options)
                ? IsLimited(account, known) ? OfferObstacle.QuotaLimit : OfferObstacle.KeptForGuarantees
            : client.Filters.Blocks(agent.Id, part, context.Now) ? OfferObstacle.Refused
            : OfferObstacle.None;
    }

    private static OfferObstacle WhoHas(FrameworkClient client, AgentEntry agent)
    {
        if (agent.Offers.Count > 0)
        {
            return agent.Offers.Exists(offer => offer.Framework == client.Framework)
                ? OfferObstacle.OfferedToIt
                : OfferObstacle.OfferedToOthers;
        }

        return agent.Used.IsEmpty ? OfferObstacle.TooSmall : OfferObstacle.InUse;
    }

    private static bool IsLimited(RoleAccount? account, ResourceSet resources)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (account is not null && entry.IsUnreserved && account.Room(entry.Name) < entry.Millis)
            {
                return true;
            }
        }

        return false;
    }
}
