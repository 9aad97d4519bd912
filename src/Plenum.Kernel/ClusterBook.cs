using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;

namespace Plenum.Kernel;

/// <summary>Every entity, by what it is looked up with, and the tables that snapshots are taken of.</summary>
internal sealed class ClusterBook(KernelOptions options)
{
    /// <summary>Agents of every standing.</summary>
    public Dictionary<AgentId, AgentEntry> Agents { get; } = [];

    /// <summary>How many of <see cref="Agents"/> the registry knows but this master has not seen.</summary>
    public int RecoveredAgents { get; set; }

    public Dictionary<AgentLinkId, AgentEntry> Links { get; } = [];

    /// <summary>Admitted agents by the address of their own API, to recognise one that registers twice.</summary>
    public Dictionary<(string Host, int Port), AgentEntry> AgentsByAddress { get; } = [];

    /// <summary>Frameworks that are not removed.</summary>
    public Dictionary<FrameworkId, FrameworkEntry> Frameworks { get; } = [];

    public Dictionary<SchedulerStreamId, FrameworkEntry> Streams { get; } = [];

    public Dictionary<FrameworkId, FrameworkRecord> RemovedFrameworks { get; } = [];

    public History<FrameworkRecord> CompletedFrameworks { get; } = new(options.MaxCompletedFrameworks);

    public Dictionary<OfferId, OfferEntry> Offers { get; } = [];

    /// <summary>Oldest first.</summary>
    public LinkedList<OfferEntry> OffersByAge { get; } = new();

    /// <summary>Operations whose outcome is not known or not acknowledged, by uuid.</summary>
    public Dictionary<ByteString, OperationEntry> Operations { get; } = [];

    public RoleTree Roles { get; } = new(options);

    public QuotaBook Quotas { get; } = new();

    public PriorityBook Priorities { get; } = new();

    /// <summary>Agents that are being cleared for somebody; as many as wishes at most.</summary>
    public Dictionary<AgentId, AgentClaim> Claims { get; } = [];

    public AgentWhitelist Whitelist { get; } = new();

    public MachineBook Machines { get; } = new();

    public Dictionary<OfferId, InverseOfferEntry> InverseOffers { get; } = [];

    public EntityTable<AgentRecord> AgentTable { get; } = new();

    public EntityTable<FrameworkRecord> FrameworkTable { get; } = new();

    public EntityTable<TaskRecord> TaskTable { get; } = new();

    public EntityTable<ExecutorRecord> ExecutorTable { get; } = new();

    public EntityTable<OfferRecord> OfferTable { get; } = new();

    public EntityTable<OperationRecord> OperationTable { get; } = new();

    public AgentEntry? FindAgent(AgentId id) => Agents.GetValueOrDefault(id);
}
