using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Allocator;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Maintenance;

/// <summary>
/// Asks frameworks to leave machines that are to be maintained, one question a framework and agent at a
/// time. What they answer is shown to the operator and enforces nothing.
/// </summary>
internal sealed class InverseOffers(KernelContext context, ClusterBook book)
{
    /// <summary>At the end of an allocation run, for the agents it looked at.</summary>
    public void Ask(List<AgentEntry> agents)
    {
        if (book.Machines.Machines.Count == 0)
        {
            return;
        }

        var asked = new Dictionary<FrameworkEntry, Event>();
        foreach (var agent in agents)
        {
            if (agent.Active && agent.Unavailability is { } unavailability)
            {
                foreach (var framework in HoldersOf(agent))
                {
                    Ask(framework, agent, unavailability, asked);
                }
            }
        }

        foreach (var (framework, message) in asked)
        {
            context.Send(framework, message);
        }
    }

    public void Accept(FrameworkEntry framework, Call.Types.AcceptInverseOffers call) =>
        Answer(framework, call.InverseOfferIds, call.Filters, InverseOfferStatus.Types.Status.Accept);

    public void Decline(FrameworkEntry framework, Call.Types.DeclineInverseOffers call) =>
        Answer(framework, call.InverseOfferIds, call.Filters, InverseOfferStatus.Types.Status.Decline);

    /// <summary>The agent leaves, or its maintenance changed: questions and answers are void.</summary>
    public void EndAllOf(AgentEntry agent)
    {
        foreach (var entry in agent.InverseOffers.Values.ToList())
        {
            Remove(entry);
            context.Send(entry.Framework, new Event
            {
                Type = Event.Types.Type.RescindInverseOffer,
                RescindInverseOffer = new Event.Types.RescindInverseOffer { InverseOfferId = entry.Id.ToWire() },
            });
        }

        if (agent.MaintenanceAnswers.Count > 0)
        {
            agent.MaintenanceAnswers.Clear();
            book.Machines.Touch();
        }
    }

    /// <summary>Without a word: the stream they were sent on is gone.</summary>
    public void WithdrawAllOf(FrameworkEntry framework)
    {
        framework.InverseFilters.Clear();
        if (book.InverseOffers.Count == 0)
        {
            return;
        }

        foreach (var entry in book.InverseOffers.Values.Where(entry => entry.Framework == framework).ToList())
        {
            Remove(entry);
        }
    }

    private static HashSet<FrameworkEntry> HoldersOf(AgentEntry agent)
    {
        var holders = new HashSet<FrameworkEntry>();
        foreach (var task in agent.Tasks)
        {
            if (task.HoldsResources)
            {
                holders.Add(task.Framework);
            }
        }

        foreach (var executor in agent.Executors.Values)
        {
            holders.Add(executor.Framework);
        }

        foreach (var offer in agent.Offers)
        {
            holders.Add(offer.Framework);
        }

        return holders;
    }

    private void Ask(
        FrameworkEntry framework, AgentEntry agent, Unavailability unavailability, Dictionary<FrameworkEntry, Event> asked)
    {
        if (!framework.Active
            || agent.InverseOffers.ContainsKey(framework.Id)
            || (framework.InverseFilters.TryGetValue(agent.Id, out var until) && until > context.Now))
        {
            return;
        }

        var wire = new InverseOffer
        {
            Id = new OfferID { Value = context.NextOfferId() },
            FrameworkId = framework.Info.Id,
            AgentId = agent.Id.ToWire(),
            Unavailability = unavailability,
        };
        if (OfferWire.UrlOf(agent) is { } url)
        {
            wire.Url = url;
        }

        var entry = new InverseOfferEntry(wire, agent, framework);
        agent.InverseOffers.Add(framework.Id, entry);
        book.InverseOffers.Add(entry.Id, entry);
        if (!asked.TryGetValue(framework, out var message))
        {
            message = new Event { Type = Event.Types.Type.InverseOffers, InverseOffers = new Event.Types.InverseOffers() };
            asked.Add(framework, message);
        }

        message.InverseOffers.InverseOffers_.Add(wire);
    }

    /// <summary>Unknown ones are passed over: they were taken back while the call was on its way.</summary>
    private void Answer(
        FrameworkEntry framework, IEnumerable<OfferID> ids, Filters? filters, InverseOfferStatus.Types.Status answer)
    {
        foreach (var id in ids)
        {
            if (!book.InverseOffers.TryGetValue(id, out var entry) || entry.Framework != framework)
            {
                continue;
            }

            Remove(entry);
            entry.Agent.MaintenanceAnswers[framework.Id] = new InverseOfferStatus
            {
                Status = answer,
                FrameworkId = framework.Info.Id,
                Timestamp = WireTime.Of(context.Now),
            };
            book.Machines.Touch();
            if (RefusalTime.Of(filters, context.Options.AllocationInterval) is { } time)
            {
                framework.InverseFilters[entry.Agent.Id] = context.Now + time;
            }
        }
    }

    private void Remove(InverseOfferEntry entry)
    {
        book.InverseOffers.Remove(entry.Id);
        entry.Agent.InverseOffers.Remove(entry.Framework.Id);
    }
}
