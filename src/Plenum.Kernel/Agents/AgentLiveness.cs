using Plenum.Kernel.Offers;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Registry.V1;

namespace Plenum.Kernel.Agents;

/// <summary>Links and pings: who is there.</summary>
internal sealed class AgentLiveness(KernelContext context, ClusterBook book, OfferBook offers)
{
    /// <summary>
    /// The first ping goes out at once, so that an agent that never answers is lost after exactly
    /// interval times misses.
    /// </summary>
    public void Start(AgentEntry agent)
    {
        agent.UnansweredPings = 0;
        agent.ReturnGeneration++;
        Ping(agent);
    }

    /// <summary>Anything the agent says shows that it is there.</summary>
    public void Heard(AgentEntry agent)
    {
        agent.UnansweredPings = 0;
        if (!agent.Confirmed)
        {
            // It got our answer. The next master must know that too.
            agent.Confirmed = true;
            context.Write(agent, RegistryAgent.Types.Standing.Admitted);
        }
    }

    /// <summary>Returns false when the agent has left too many pings unanswered.</summary>
    public bool PingDue(AgentEntry agent, int generation)
    {
        if (generation != agent.PingGeneration || !agent.Active)
        {
            return true;
        }

        if (agent.UnansweredPings >= context.Options.MaxMissedPings)
        {
            return false;
        }

        Ping(agent);
        return true;
    }

    /// <summary>The stream ended: the agent stays with its tasks, its offers go, and it has some time to come back.</summary>
    public void LinkClosed(AgentEntry agent)
    {
        Unlink(agent, close: false);
        offers.RescindAllOf(agent);
        context.Deadlines.Set(
            DeadlineKind.AgentReturn, agent, ++agent.ReturnGeneration, context.Now + context.Options.AgentReregisterTimeout);
    }

    public void Unlink(AgentEntry agent, bool close)
    {
        if (agent.Link is not { } link)
        {
            return;
        }

        book.Links.Remove(link);
        agent.Link = null;
        agent.PingGeneration++;
        agent.Touch();
        if (close)
        {
            context.Close(link);
        }
    }

    public void Ping(AgentEntry agent)
    {
        agent.UnansweredPings++;
        context.Send(agent, new MasterMessage
        {
            Ping = new MasterMessage.Types.Ping { Sequence = ++agent.PingSequence, Connected = true },
        });
        context.Deadlines.Set(
            DeadlineKind.AgentPing, agent, ++agent.PingGeneration, context.Now + context.Options.AgentPingInterval);
    }
}
