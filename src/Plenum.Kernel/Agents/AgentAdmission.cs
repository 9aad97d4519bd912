using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Reconciliation;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using MasterEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Kernel.Agents;

/// <summary>Agents register for the first time, or come back.</summary>
internal sealed class AgentAdmission(
    KernelContext context,
    ClusterBook book,
    OfferBook offers,
    Allocator allocator,
    AgentReturn returns,
    AgentLoss loss,
    AgentLiveness liveness,
    AgentDrains drains,
    Reconciler reconciler)
{
    public void Register(AgentLinkId link, AgentMessage.Types.Register message)
    {
        if (Check(message) is { } error)
        {
            Refuse(link, error);
            return;
        }

        var info = message.AgentInfo;
        var hasId = info.Id is { Value.Length: > 0 };
        var agent = hasId ? book.FindAgent(info.Id) : FindAtAddress(message);
        if (agent is not null && (agent.Registrations.IsSuperseded(message) || !agent.Registrations.IsNewest(message)))
        {
            Outdate(link, agent, agent.Registrations.IsSuperseded(message));
            return;
        }

        // An agent that never used its id lost our answer and asks again, whatever became of its entry since. One
        // that did has lost all it knew, and what registers is a new agent in its place.
        if (agent is { Confirmed: true } && !hasId)
        {
            context.Counters.AgentRemovalsRegistered++;
            loss.Unregister(agent, "a new agent registered at the same address");
            agent = null;
        }

        var isKnown = agent is not null || hasId;
        if (agent is { Standing: AgentStanding.Gone })
        {
            Refuse(link, "The agent was marked gone by an operator");
            return;
        }

        if (agent is not null && !string.Equals(agent.Info.Hostname, info.Hostname, StringComparison.Ordinal))
        {
            Refuse(link, $"The agent was {agent.Info.Hostname} and now calls itself {info.Hostname}");
            return;
        }

        if (agent is { Address: { HasIp: true } before } && message.Address is { HasIp: true } after
            && !string.Equals(before.Ip, after.Ip, StringComparison.Ordinal))
        {
            Refuse(link, $"The agent's address was {before.Ip} and is now {after.Ip}: frameworks hold its old one; start it with a new work directory");
            return;
        }

        Admit(link, agent ?? Create(info), message, isKnown, hasId);
    }

    /// <summary>The agent's own resources changed while it runs.</summary>
    public void Update(AgentEntry agent, AgentMessage.Types.UpdateAgent update)
    {
        if ((ResourceSet.Validate(update.TotalResources) ?? CheckProviders(update.ResourceProviders)) is { } error)
        {
            context.Note($"Change of the resources of {agent.Id} dropped: {error}");
            return;
        }

        offers.RescindAllOf(agent);
        book.Roles.ClusterTotal.Subtract(agent.Total);
        agent.SetTotal(OperationBook.WithPending(agent, ResourceSet.FromWire(update.TotalResources).Unallocated) + TotalOf(update.ResourceProviders));
        agent.SetProviders(Read(update.ResourceProviders));
        book.Roles.ClusterTotal.Add(agent.Total);
        book.Quotas.IsDisturbed = true;
        allocator.Request(agent);
    }

    private static bool IsSame(AgentEntry agent, AgentInfo info, AgentMessage.Types.Register message) =>
        agent.Info.Equals(info)
        && (!message.HasLife || agent.Registrations.Life == message.Life)
        && string.Equals(agent.Version, message.Version, StringComparison.Ordinal)
        && Equals(agent.Address, message.Address);

    private string? Check(AgentMessage.Types.Register message)
    {
        if (message.AgentInfo is not { } info)
        {
            return "A registration needs agent_info";
        }

        return IsTooOld(message) ? $"The agent's version {message.Version} is too old: 1.0.0 is the first that speaks this protocol"
            : ResourceSet.Validate(info.Resources) is { } error ? $"The agent's resources are invalid: {error}"
            : ResourceSet.Validate(message.CheckpointedResources) is { } made
                ? $"The agent's reservations and volumes are invalid: {made}"
            : CheckProviders(message.ResourceProviders) is { } provider
                ? $"The agent's resource providers are invalid: {provider}"
            : TotalOf(message) is null
                ? "The agent's reservations and volumes are made of more than it has: start it with the resources it had before"
            : info.Domain is not null && context.Options.MasterInfo.Domain is null
                ? "The agent has a fault domain and the master has none"
            : book.Machines.Of(info, message.Address) is { IsDown: true } ? "The machine is down for maintenance"
            : null;
    }

    private static bool IsTooOld(AgentMessage.Types.Register message) =>
        message.HasVersion && message.Version.StartsWith("0.", StringComparison.Ordinal);

    // What it was started with, what operations made of that, and what its providers have.
    private static ResourceSet? TotalOf(AgentMessage.Types.Register message) => ResourceConversion.Restore(
        ResourceSet.FromWire(message.AgentInfo.Resources).Unallocated,
        ResourceSet.FromWire(message.CheckpointedResources).Unallocated) is { } own
            ? own + TotalOf(message.ResourceProviders)
            : null;

    private static ResourceSet TotalOf(IEnumerable<AgentMessage.Types.ResourceProvider> providers) =>
        providers.Aggregate(ResourceSet.Empty, static (sum, provider) => sum + ResourceSet.FromWire(provider.TotalResources).Unallocated);

    private static IReadOnlyList<ProviderRecord> Read(IEnumerable<AgentMessage.Types.ResourceProvider> providers) =>
        [.. providers.Select(static provider => new ProviderRecord(provider.Info, provider.ResourceVersion))];

    private static string? CheckProviders(IEnumerable<AgentMessage.Types.ResourceProvider> providers)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var provider in providers)
        {
            if (provider.Info?.Id is not { Value: { Length: > 0 } id } || !ids.Add(id))
            {
                return "a provider without an id, or two with one";
            }

            if (ResourceSet.Validate(provider.TotalResources) is { } error)
            {
                return error;
            }

            if (provider.TotalResources.Any(resource => resource.ProviderId?.Value != id))
            {
                return $"the provider {id} names resources that are not its own";
            }
        }

        return null;
    }

    /// <summary>
    /// Whose place an agent takes that registers without an id. Only the address says which agent was there, so a
    /// machine of another name is a stranger unless the old one is still thought to be at work.
    /// </summary>
    private AgentEntry? FindAtAddress(AgentMessage.Types.Register message)
    {
        if (AddressKey(message.Address) is not { } key || !book.AgentsByAddress.TryGetValue(key, out var agent))
        {
            return null;
        }

        var isSameMachine = string.Equals(agent.Info.Hostname, message.AgentInfo.Hostname, StringComparison.Ordinal);
        return isSameMachine || (agent.Confirmed && agent.Standing == AgentStanding.Registered) ? agent : null;
    }

    private AgentEntry Create(AgentInfo info)
    {
        if (info.Id is not { Value.Length: > 0 })
        {
            info.Id = new AgentID { Value = context.NextAgentId() };
        }

        var agent = new AgentEntry(info.Id, info, context.Now) { Standing = AgentStanding.Registered };
        book.Agents.Add(agent.Id, agent);
        return agent;
    }

    private void Admit(AgentLinkId link, AgentEntry agent, AgentMessage.Types.Register message, bool isKnown, bool usesId)
    {
        // 1. The new link replaces any other; what was sent on that one and did not arrive never will.
        liveness.Unlink(agent, close: true);
        var before = agent.Standing;
        var info = message.AgentInfo;
        info.Id = agent.Id.ToWire();

        // 2. In the registry before anybody is told.
        var isSame = agent.Slot >= 0 && IsSame(agent, info, message) && agent.Confirmed == usesId;
        agent.Registrations.Take(message);
        agent.Confirmed = usesId;
        if (!isSame)
        {
            agent.Describe(info, [.. message.Capabilities], message.Version, message.Address);
            context.Write(agent, RegistryAgent.Types.Standing.Admitted);
        }

        if (before == AgentStanding.Recovered)
        {
            book.RecoveredAgents--;
        }

        if (isKnown)
        {
            agent.ReregisteredTime = context.Now;
            context.Counters.AgentReregistrations++;
        }
        else
        {
            context.Counters.AgentRegistrations++;
        }

        var wasListed = agent.Slot >= 0;
        Enlist(agent, link, TotalOf(message)!);
        agent.SetProviders(Read(message.ResourceProviders));

        // 3. It hears that it is in before anything else.
        context.Send(agent, new MasterMessage
        {
            Registered = new MasterMessage.Types.Registered
            {
                AgentId = agent.Id.ToWire(),
                PingTimeout = new DurationInfo { Nanoseconds = PingTimeout.Ticks * TimeSpan.NanosecondsPerTick },
                Reregistered = isKnown,
                Draining = agent.Drain is { State: DrainState.Draining },
            },
        });

        // One that only opened its link anew never left for the readers of the stream.
        if (!wasListed)
        {
            context.Publish(new MasterEvent
            {
                Type = MasterEvent.Types.Type.AgentAdded,
                AgentAdded = new MasterEvent.Types.AgentAdded { Agent = agent.ToRecord().ToWire() },
            });
        }

        // 4. Its tasks are taken into the book, or what the book has of it is corrected.
        returns.TakeIn(agent, message, wasUnreachable: before == AgentStanding.Unreachable);
        if (before == AgentStanding.Recovered)
        {
            reconciler.AgentSettled(agent);
        }

        agent.Unavailability = book.Machines.Of(info, message.Address)?.Unavailability;
        drains.Begin(agent);
        liveness.Start(agent);
        book.Quotas.IsDisturbed = true;
        allocator.Start();
        allocator.Request(agent);
    }

    private TimeSpan PingTimeout => context.Options.AgentPingInterval * context.Options.MaxMissedPings;

    private void Enlist(AgentEntry agent, AgentLinkId link, ResourceSet total)
    {
        var wasListed = agent.Slot >= 0;
        agent.Standing = AgentStanding.Registered;
        agent.LostTime = null;
        agent.Link = link;
        book.Links.Add(link, agent);
        offers.RescindAllOf(agent);
        if (wasListed)
        {
            book.Roles.ClusterTotal.Subtract(agent.Total);
        }

        agent.SetTotal(total);
        book.Roles.ClusterTotal.Add(agent.Total);
        if (!wasListed)
        {
            agent.Slot = book.AgentTable.Add(agent.ToRecord());
        }

        if (AddressKey(agent.Address) is { } key)
        {
            book.AgentsByAddress[key] = agent;
        }
    }

    /// <summary>
    /// Most often the agent has given this link up long ago and only its bytes were still under way. One that does
    /// listen learns which life it must exceed.
    /// </summary>
    private void Outdate(AgentLinkId link, AgentEntry agent, bool superseded)
    {
        context.Note(superseded
            ? $"A registration of {agent.Id} comes from a process that another has replaced since: two agents may run with one identity, from a copied work directory"
            : $"A registration of {agent.Id} is not newer than the one believed (life {agent.Registrations.Life}) and is dropped");
        var outdated = new MasterMessage.Types.Outdated { Life = agent.Registrations.Life };
        if (superseded)
        {
            outdated.Superseded = true;
        }

        context.Send(link, new MasterMessage { Outdated = outdated });
        context.Close(link);
    }

    private void Refuse(AgentLinkId link, string reason)
    {
        context.Note($"Agent refused: {reason}");
        context.Send(link, new MasterMessage { Shutdown = new MasterMessage.Types.Shutdown { Message = reason } });
        context.Close(link);
    }

    internal static (string Host, int Port)? AddressKey(Address? address) =>
        address is { Port: > 0 } ? (address.HasIp ? address.Ip : address.Hostname, address.Port) : null;
}
