using Plenum.Agent.Book.Providers;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>What an agent's book is told once, at its start.</summary>
public sealed record AgentBookOptions
{
    /// <summary>The agent as it presents itself; without an id, that comes from checkpoints or the master.</summary>
    public required AgentInfo Info { get; init; }

    /// <summary>x.y.z; masters refuse anything below 1.0.0 (mesos.md 4.7), so it is the API's version.</summary>
    public required string Version { get; init; }

    /// <summary>Where the agent's HTTP API answers.</summary>
    public required Address Address { get; init; }

    /// <summary>Changes at each boot of the machine.</summary>
    public required string BootId { get; init; }

    /// <summary>New at each start of the agent; container names and update identities are counted on from it.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>The agent's own storage pools at its start.</summary>
    public IReadOnlyList<StorageProviderConfig> StorageProviders { get; init; } = [];

    public IReadOnlyList<DiskProfile> DiskProfiles { get; init; } = [];

    /// <summary>First bound of the random wait before another registration; doubles up to a minute.</summary>
    public TimeSpan RegistrationBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A custom executor that has not subscribed after this long is destroyed.</summary>
    public TimeSpan ExecutorRegistrationTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The same after a restart of the agent. DC/OS' value; Mesos' own 2 s lost slow executors.</summary>
    public TimeSpan ExecutorReregistrationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between SHUTDOWN to a custom executor and its end by force.</summary>
    public TimeSpan ExecutorShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);
}
