using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using WireAgent = Plenum.Protocol.V1.Master.Response.Types.GetAgents.Types.Agent;

namespace Plenum.Kernel.Snapshots;

/// <summary>One agent at one moment. Messages inside are shared with the kernel and must not be changed.</summary>
public sealed record AgentRecord
{
    public required AgentId Id { get; init; }

    public required AgentStanding Standing { get; init; }

    public required AgentInfo Info { get; init; }

    public required IReadOnlyList<AgentInfo.Types.Capability> Capabilities { get; init; }

    public required string Version { get; init; }

    /// <summary>Where the agent's own API answers; null when it did not say.</summary>
    public Address? Address { get; init; }

    /// <summary>Has an open link.</summary>
    public bool Connected { get; init; }

    /// <summary>Takes part in offers.</summary>
    public bool Active { get; init; }

    /// <summary>Gets no offers by an operator's wish.</summary>
    public bool Deactivated { get; init; }

    public DrainInfo? Drain { get; init; }

    public DateTimeOffset? DrainStarted { get; init; }

    public required DateTimeOffset RegisteredTime { get; init; }

    public DateTimeOffset? ReregisteredTime { get; init; }

    public DateTimeOffset? UnreachableTime { get; init; }

    public required ResourceSet Total { get; init; }

    public IReadOnlyList<ProviderRecord> Providers { get; init; } = [];

    /// <summary>Held by tasks and executors; carries allocation roles.</summary>
    public required ResourceSet Used { get; init; }

    /// <summary>In offers; carries allocation roles.</summary>
    public required ResourceSet Offered { get; init; }

    /// <summary>libprocess-like address that v0 readers expect, <c>slave(1)@ip:port</c>.</summary>
    public string Pid => Address is { } address
        ? $"slave(1)@{(address.HasIp ? address.Ip : address.Hostname)}:{address.Port}"
        : $"slave(1)@{Info.Hostname}:{Info.Port}";

    public WireAgent ToWire()
    {
        var wire = new WireAgent
        {
            AgentInfo = Info,
            Active = Active,
            Deactivated = Deactivated,
            Version = Version,
            Pid = Pid,
            RegisteredTime = WireTime.Of(RegisteredTime),
        };
        if (ReregisteredTime is { } reregistered)
        {
            wire.ReregisteredTime = WireTime.Of(reregistered);
        }

        if (Drain is { } drain)
        {
            wire.DrainInfo = drain;
        }

        if (DrainStarted is { } started)
        {
            wire.EstimatedDrainStartTime = WireTime.Of(started);
        }

        wire.TotalResources.AddRange(Total.ToWire());
        wire.AllocatedResources.AddRange(Used.ToWire());
        wire.OfferedResources.AddRange(Offered.ToWire());
        wire.Capabilities.AddRange(Capabilities);
        foreach (var provider in Providers)
        {
            wire.ResourceProviders.Add(new WireAgent.Types.ResourceProvider
            {
                ResourceProviderInfo = provider.Info,
                TotalResources = { Total.OfProvider(provider.Id).ToWire() },
            });
        }

        return wire;
    }
}
