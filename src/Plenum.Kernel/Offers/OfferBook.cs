using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Offers;

/// <summary>Makes and ends offers and keeps what they hold accounted for.</summary>
internal sealed class OfferBook(KernelContext context, ClusterBook book)
{
    /// <summary>
    /// Offers in one OFFERS event. mesos-go refuses records above 4 MiB; an offer with some ports,
    /// attributes and volumes stays below 4 KB.
    /// </summary>
    private const int MaxOffersPerEvent = 1000;

    /// <summary>Takes the resources from the agent. <see cref="SendNew"/> tells the framework.</summary>
    public OfferEntry Make(FrameworkEntry framework, AgentEntry agent, string role, ResourceSet bare)
    {
        var resources = bare.AllocatedTo(role);
        agent.TakeForOffer(bare, resources);
        framework.Offered.Add(agent.Id, resources);
        framework.Touch();
        book.Roles.Allocate(framework, agent, role, resources);

        var id = context.NextOfferId();
        var wire = OfferWire.Write(id, framework, agent, role, resources);
        var offer = new OfferEntry(
            new OfferRecord(new OfferId(id), framework.Id, agent.Id, role, resources, wire), agent, framework, context.Now)
        {
            AgentIndex = agent.Offers.Count,
            FrameworkIndex = framework.Offers.Count,
        };
        agent.Offers.Add(offer);
        framework.Offers.Add(offer);
        book.Offers.Add(offer.Id, offer);
        offer.Slot = book.OfferTable.Add(offer.Record);
        offer.Age = book.OffersByAge.AddLast(offer);
        framework.NewOffers.Add(offer);
        return offer;
    }

    /// <summary>Ends an offer that the run at hand made and nobody has seen; null when there is none.</summary>
    public ResourceSet? TakeBackUnsent(FrameworkEntry framework, AgentEntry agent, string role)
    {
        foreach (var offer in agent.Offers)
        {
            if (!offer.IsSent && offer.Framework == framework && string.Equals(offer.Role, role, StringComparison.Ordinal))
            {
                Recover(offer);
                return offer.Resources;
            }
        }

        return null;
    }

    public void SendNew(FrameworkEntry framework)
    {
        framework.NewOffers.RemoveAll(static offer => offer.IsOver);
        for (var start = 0; start < framework.NewOffers.Count; start += MaxOffersPerEvent)
        {
            var message = new Event { Type = Event.Types.Type.Offers, Offers = new Event.Types.Offers() };
            var end = Math.Min(start + MaxOffersPerEvent, framework.NewOffers.Count);
            for (var i = start; i < end; i++)
            {
                message.Offers.Offers_.Add(framework.NewOffers[i].Record.Wire);
                framework.NewOffers[i].IsSent = true;
            }

            context.Send(framework, message);
        }

        context.Counters.OffersSent += framework.NewOffers.Count;
        framework.NewOffers.Clear();
    }

    /// <summary>The offer ends and its resources are free again.</summary>
    public void Recover(OfferEntry offer)
    {
        TakeInHand(offer);
        offer.Agent.ReturnFromHand(offer.Resources);
        book.Roles.Unallocate(offer.Framework, offer.Agent, offer.Role, offer.Resources);
    }

    public void Rescind(OfferEntry offer)
    {
        Recover(offer);
        context.Counters.OffersRescinded++;
        context.Send(offer.Framework, new Event
        {
            Type = Event.Types.Type.Rescind,
            Rescind = new Event.Types.Rescind { OfferId = offer.Id.ToWire() },
        });
    }

    /// <summary>
    /// The offer ends; its resources are in the hand of the ACCEPT at work, still on the account of the
    /// framework's role.
    /// </summary>
    public void TakeInHand(OfferEntry offer)
    {
        var (agent, framework) = (offer.Agent, offer.Framework);
        offer.IsOver = true;
        Invariant.Check(book.Offers.Remove(offer.Id), $"offer {offer.Id} ends twice");
        agent.TakeInHand(offer.Resources);
        framework.Offered.Subtract(agent.Id, offer.Resources);
        framework.Touch();

        var last = agent.Offers[^1];
        agent.Offers[offer.AgentIndex] = last;
        last.AgentIndex = offer.AgentIndex;
        agent.Offers.RemoveAt(agent.Offers.Count - 1);
        last = framework.Offers[^1];
        framework.Offers[offer.FrameworkIndex] = last;
        last.FrameworkIndex = offer.FrameworkIndex;
        framework.Offers.RemoveAt(framework.Offers.Count - 1);

        book.OfferTable.Remove(offer.Slot);
        if (offer.Age is { } age)
        {
            book.OffersByAge.Remove(age);
        }
    }

    public void RescindAll()
    {
        while (book.OffersByAge.First is { } oldest)
        {
            Rescind(oldest.Value);
        }
    }

    public void RescindAllOf(AgentEntry agent)
    {
        while (agent.Offers.Count > 0)
        {
            Rescind(agent.Offers[^1]);
        }
    }

    /// <summary>Shared volumes are about to go: whoever else was offered a copy could only fail with it.</summary>
    public void RescindCopies(AgentEntry agent, ResourceSet volumes)
    {
        var shared = volumes.Shared.Unallocated;
        for (var i = agent.Offers.Count - 1; i >= 0 && !shared.IsEmpty; i--)
        {
            if (!(shared - agent.Offers[i].Resources.Unallocated).Equals(shared))
            {
                Rescind(agent.Offers[i]);
            }
        }
    }

    public void RescindAllOf(FrameworkEntry framework)
    {
        while (framework.Offers.Count > 0)
        {
            Rescind(framework.Offers[^1]);
        }
    }

    /// <summary>Without a word: the stream they were sent on is gone or replaced.</summary>
    public void WithdrawAllOf(FrameworkEntry framework)
    {
        while (framework.Offers.Count > 0)
        {
            Recover(framework.Offers[^1]);
        }
    }

    public void RescindRole(FrameworkEntry framework, string role)
    {
        for (var i = framework.Offers.Count - 1; i >= 0; i--)
        {
            if (string.Equals(framework.Offers[i].Role, role, StringComparison.Ordinal))
            {
                Rescind(framework.Offers[i]);
            }
        }
    }

    public DateTimeOffset? NextTimeout =>
        context.Options.OfferTimeout is { } timeout && book.OffersByAge.First is { } oldest
            ? oldest.Value.Made + timeout
            : null;

    public void RescindExpired()
    {
        while (NextTimeout is { } due && due <= context.Now)
        {
            var offer = book.OffersByAge.First!.Value;
            Rescind(offer);
            book.Roles.SetLate(offer.Framework, true);
        }
    }
}
