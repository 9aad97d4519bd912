using Plenum.Kernel.Allocation;
using Plenum.Protocol.V1;

namespace Plenum.Kernel;

/// <summary>Everything that is fixed while one master runs. Two kernels with equal options, registry and commands are equal.</summary>
public sealed record KernelOptions
{
    /// <summary>
    /// Who leads. <c>id</c> must be new at each start: identifiers are made of it and a counter, and
    /// that alone keeps those of two starts apart.
    /// </summary>
    public required MasterInfo MasterInfo { get; init; }

    /// <summary>Where the allocator's shuffles begin.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Every free resource is looked at this often; also the shortest time a refusal holds.</summary>
    public TimeSpan AllocationInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long resources that ended tasks gave back wait for company before they are offered.</summary>
    public TimeSpan RecoveryBatchDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan AgentPingInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>An agent that leaves this many pings in a row unanswered is unreachable.</summary>
    public int MaxMissedPings { get; init; } = 5;

    /// <summary>
    /// Shortest time between two agents declared unreachable; null is no limit, as in Mesos by default. DC/OS allows
    /// 100 a minute.
    /// </summary>
    public TimeSpan? AgentRemovalInterval { get; init; }

    /// <summary>How long an agent whose link broke, or that the registry knows after a restart, may take to come back.</summary>
    public TimeSpan AgentReregisterTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a framework is waited for after a master's restart, even one that wants to be removed when its stream
    /// ends: five missed heartbeats (75 s) until it is sure that the old master is gone, and the longest pause between two
    /// attempts of an old driver (1 min). Agents get more, for a machine may have to boot.
    /// </summary>
    public TimeSpan FrameworkReturnTime { get; init; } = TimeSpan.FromSeconds(135);

    public TimeSpan SchedulerHeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Offers older than this are rescinded; null leaves them with their framework. Mesos has none by
    /// default, and one slow framework starves the others; two minutes is what DC/OS sets.
    /// </summary>
    public TimeSpan? OfferTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Alternatives of amounts (thousandths by name) below which resources are not worth an offer.
    /// A framework may set its own per role. The default is Mesos': cpus 0.01 or mem 32.
    /// </summary>
    public IReadOnlyList<IReadOnlyDictionary<string, long>> MinAllocatable { get; init; } =
    [
        new Dictionary<string, long>(StringComparer.Ordinal) { ["cpus"] = 10 },
        new Dictionary<string, long>(StringComparer.Ordinal) { ["mem"] = 32_000 },
    ];

    /// <summary>Order of roles among their siblings.</summary>
    public SorterKind RoleSorter { get; init; }

    /// <summary>Order of the frameworks of one role.</summary>
    public SorterKind FrameworkSorter { get; init; }

    /// <summary>Weight of a role path among its siblings, until an operator sets another; 1 when absent.</summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Names that do not count for a dominant share. GPUs are few, and would make every holder dominant.</summary>
    public IReadOnlyList<string> FairSharingExcludedResources { get; init; } = ["gpus"];

    /// <summary>Agents with GPUs are offered only to frameworks that know GPU_RESOURCES.</summary>
    public bool FilterGpuResources { get; init; } = true;

    /// <summary>
    /// How long a more important role waits before tasks of less important ones end for it: tasks end by
    /// themselves all the time, and a framework that just came may not know yet what it wants.
    /// </summary>
    public TimeSpan PreemptionDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often demands are looked at; with the next, the rate at which tasks are ended.</summary>
    public TimeSpan PreemptionInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Tasks that one look may end. Sixty a minute make room quickly and leave an operator time to see a mistake.</summary>
    public int MaxPreemptions { get; init; } = 10;

    /// <summary>
    /// Tasks, and agents for wishes, that are weighed for one guarantee, and for all wishes of one look: choosing among
    /// all of a large cluster would stop the master for a second and end no fewer tasks.
    /// </summary>
    public int MaxPreemptionCandidates { get; init; } = 20_000;

    /// <summary>How long an agent that was cleared is kept for who wished it, from when the last task has ended for it.</summary>
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Removed frameworks that stay readable, as many as Mesos keeps.</summary>
    public int MaxCompletedFrameworks { get; init; } = 50;

    /// <summary>Ended tasks of one framework that stay readable, as many as Mesos keeps.</summary>
    public int MaxCompletedTasksPerFramework { get; init; } = 1000;

    /// <summary>Tasks on lost agents remembered for one framework, as many as Mesos keeps.</summary>
    public int MaxUnreachableTasksPerFramework { get; init; } = 1000;

    public TimeSpan RegistryCleaningInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Lost and gone agents are forgotten after this; reconciliation then answers UNKNOWN.</summary>
    public TimeSpan LostAgentRetention { get; init; } = TimeSpan.FromDays(14);

    public int MaxLostAgents { get; init; } = 102_400;
}
