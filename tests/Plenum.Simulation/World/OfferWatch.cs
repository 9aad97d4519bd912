using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Simulation.World;

/// <summary>
/// Looks at what goes into one kernel and what comes out, and knows nothing of its book: no agent's resources are in
/// two offers, nothing is offered to who refused it, and a task whose kill was taken ends.
/// </summary>
internal sealed class OfferWatch(string master, ResourceSet agentTotal)
{
    /// <summary>A refusal holds at least one allocation interval.</summary>
    private static readonly TimeSpan ShortestRefusal = TimeSpan.FromSeconds(1);

    private readonly Dictionary<OfferId, (SchedulerStreamId Stream, AgentId Agent, ResourceSet Resources)> _open = [];
    private readonly Dictionary<(SchedulerStreamId Stream, AgentId Agent), (ResourceSet Resources, DateTimeOffset Until)> _refused = [];
    private readonly Dictionary<FrameworkId, SchedulerStreamId> _streams = [];

    /// <summary>What was wished for in one offer and not offered yet.</summary>
    private readonly Dictionary<SchedulerStreamId, ResourceQuantities> _wishes = [];

    /// <summary>Tasks that were known when their framework's current stream asked for their end.</summary>
    public HashSet<(FrameworkId Framework, TaskId Task)> Kills { get; } = [];

    public void Before(KernelCommand command, DateTimeOffset now, Func<Kernel.Snapshots.ClusterSnapshot> book)
    {
        switch (command)
        {
            case KernelCommand.SchedulerCall(var stream, { Decline: { } decline }):
                foreach (var id in decline.OfferIds)
                {
                    Decline(stream, id, decline.Filters.RefuseSeconds, now);
                }

                break;
            case KernelCommand.SchedulerCall(_, { Accept: { } accept }):
                foreach (var id in accept.OfferIds)
                {
                    _open.Remove(id);
                }

                break;
            case KernelCommand.SchedulerCall(var stream, { Type: Call.Types.Type.Revive }):
                ForgetRefusals(key => key.Stream == stream);
                break;
            case KernelCommand.SchedulerCall(var stream, { Request: { } request }):
                Wish(stream, request);
                break;
            case KernelCommand.SchedulerCall(var stream, { Kill: { } kill } call):
                FrameworkId framework = call.FrameworkId;
                TaskId task = kill.TaskId;
                if (_streams.TryGetValue(framework, out var current)
                    && current == stream
                    && book().TasksOf(framework).Any(known => known.Id == task))
                {
                    Kills.Add((framework, task));
                }

                break;
            case KernelCommand.SchedulerStreamClosed(var stream):
                Forget(stream);
                break;
            default:
                break;
        }
    }

    public void After(List<KernelEffect> effects, DateTimeOffset now)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case KernelEffect.SendToScheduler(var stream, { Offers: { } offers }):
                    foreach (var offer in offers.Offers_)
                    {
                        Take(stream, offer, now);
                    }

                    break;
                case KernelEffect.SendToScheduler(_, { Rescind: { } rescind }):
                    _open.Remove(rescind.OfferId);
                    break;
                case KernelEffect.SendToScheduler(_, { Failure: { ExecutorId: null } failure }):
                    AgentId lost = failure.AgentId;
                    ForgetRefusals(key => key.Agent == lost);
                    break;
                case KernelEffect.SendToScheduler(var stream, { Subscribed: { } subscribed }):
                    if (_streams.TryGetValue(subscribed.FrameworkId, out var old))
                    {
                        Forget(old);
                    }

                    _streams[subscribed.FrameworkId] = stream;
                    break;
                case KernelEffect.CloseScheduler(var stream):
                    Forget(stream);
                    break;
                case KernelEffect.Publish { Event.TaskUpdated: { State: Protocol.V1.TaskState.TaskUnreachable or Protocol.V1.TaskState.TaskLost } update }:
                    // It leaves the book and the kill with it; should it come back, its framework asks again.
                    Kills.Remove((update.FrameworkId, update.Status.TaskId));
                    break;
                default:
                    break;
            }
        }
    }

    private void Take(SchedulerStreamId stream, Protocol.V1.Offer offer, DateTimeOffset now)
    {
        var allocated = ResourceSet.FromWire(offer.Resources);
        foreach (ref readonly var entry in allocated.Entries)
        {
            MustBeOpenTo(offer, entry);
        }

        var resources = allocated.Unallocated;
        if (_wishes.TryGetValue(stream, out var wish) && Meets(resources.Quantities, wish))
        {
            _wishes.Remove(stream);
            ForgetRefusals(key => key.Stream == stream);
        }

        if (_refused.TryGetValue((stream, offer.AgentId), out var refusal)
            && refusal.Until > now
            && refusal.Resources.Contains(resources))
        {
            throw new SimulationFailureException(
                $"{master} offers {resources} of {offer.AgentId.Value} to {offer.FrameworkId.Value}, which refused {refusal.Resources} until {refusal.Until:HH:mm:ss.fff}");
        }

        _open[offer.Id] = (stream, offer.AgentId, resources);
        AgentId agent = offer.AgentId;
        var sum = ResourceSet.Empty;
        foreach (var open in _open.Values)
        {
            sum += open.Agent == agent ? open.Resources.Where((in e) => e.IsUnreserved && e.ProviderId is null) : ResourceSet.Empty;
        }

        MustNotExceedThePool(agent);

        if (!agentTotal.Contains(sum))
        {
            throw new SimulationFailureException($"{master} has {sum} of {agent} in offers, and it has {agentTotal}");
        }
    }

    /// <summary>As room or as disks, a pool is there once.</summary>
    private void MustNotExceedThePool(AgentId agent)
    {
        var megabytes = _open.Values.Where(open => open.Agent == agent)
            .Sum(static open => (open.Resources - open.Resources.WithoutProviders).Scalar("disk"));
        if (megabytes > SimAgent.PoolMegabytes)
        {
            throw new SimulationFailureException($"{master} has {megabytes} MB of the pool of {agent} in offers, and it has {SimAgent.PoolMegabytes}");
        }
    }

    /// <summary>What is reserved is offered to its role and those below it, and refined reservations to who knows them.</summary>
    private void MustBeOpenTo(Protocol.V1.Offer offer, in ResourceEntry entry)
    {
        // Who has only one role is not told of allocations, and is in none of these.
        var role = offer.AllocationInfo?.Role ?? "*";
        var isOpen = entry.IsUnreserved
            || role == entry.Role
            || role.StartsWith($"{entry.Role}/", StringComparison.Ordinal);
        if (!isOpen || entry.AllocationRole != offer.AllocationInfo?.Role || (entry.IsRefined && role != SimFramework.Lower))
        {
            throw new SimulationFailureException(
                $"{master} offers {entry.Name} reserved for {entry.Role} and allocated to {entry.AllocationRole} to {role}");
        }
    }

    /// <summary>
    /// An agent that is cleared for a wish is offered whatever was refused of it before, and when the wish is met or
    /// replaced that refusal stays void. Which agents were cleared only the kernel knows.
    /// </summary>
    private void Wish(SchedulerStreamId stream, Call.Types.Request request)
    {
        if (_wishes.Remove(stream))
        {
            ForgetRefusals(key => key.Stream == stream);
        }

        if (request.Requests.Count > 0)
        {
            _wishes.Add(stream, ResourceSet.FromWire(request.Requests[0].Resources).Quantities);
        }
    }

    // In all it names: with quota an offer may be all of the cpus and none of the memory (seed 100397).
    private static bool Meets(ResourceQuantities offered, ResourceQuantities wish)
    {
        foreach (var (name, millis) in wish.Amounts)
        {
            if (offered[name] < millis)
            {
                return false;
            }
        }

        return true;
    }

    private void Decline(SchedulerStreamId stream, OfferId id, double seconds, DateTimeOffset now)
    {
        if (!_open.TryGetValue(id, out var offer) || offer.Stream != stream)
        {
            return;
        }

        _open.Remove(id);
        var time = TimeSpan.FromSeconds(seconds);
        var until = now + (time < ShortestRefusal ? ShortestRefusal : time);

        // Only the longest of several: the kernel keeps a few and lets the one go that ends first.
        if (seconds > 0 && (!_refused.TryGetValue((stream, offer.Agent), out var known) || known.Until < until))
        {
            _refused[(stream, offer.Agent)] = (offer.Resources, until);
        }
    }

    private void Forget(SchedulerStreamId stream)
    {
        _wishes.Remove(stream);
        foreach (var id in _open.Where(open => open.Value.Stream == stream).Select(open => open.Key).ToList())
        {
            _open.Remove(id);
        }

        foreach (var framework in _streams.Where(known => known.Value == stream).Select(known => known.Key).ToList())
        {
            _streams.Remove(framework);
        }

        ForgetRefusals(key => key.Stream == stream);
    }

    private void ForgetRefusals(Func<(SchedulerStreamId Stream, AgentId Agent), bool> which)
    {
        foreach (var key in _refused.Keys.Where(which).ToList())
        {
            _refused.Remove(key);
        }
    }
}
