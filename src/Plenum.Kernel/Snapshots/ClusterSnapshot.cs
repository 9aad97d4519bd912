using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;

namespace Plenum.Kernel.Snapshots;

/// <summary>
/// The whole cluster book at one moment. Immutable, readable from any thread for as long as somebody
/// wants; indexes are built when first asked for.
/// </summary>
public sealed class ClusterSnapshot
{
    private readonly Lazy<Dictionary<AgentId, AgentRecord>> _agentsById;
    private readonly Lazy<Dictionary<FrameworkId, FrameworkRecord>> _frameworksById;
    private readonly Lazy<ILookup<FrameworkId, TaskRecord>> _tasksByFramework;
    private readonly Lazy<ILookup<AgentId, TaskRecord>> _tasksByAgent;
    private readonly Lazy<ILookup<FrameworkId, ExecutorRecord>> _executorsByFramework;
    private readonly Lazy<ILookup<FrameworkId, OfferRecord>> _offersByFramework;

    public ClusterSnapshot()
    {
        _agentsById = new(IndexAgents);
        _frameworksById = new(IndexFrameworks);
        _tasksByFramework = new(IndexTasks);
        _tasksByAgent = new(IndexTasksByAgent);
        _executorsByFramework = new(IndexExecutors);
        _offersByFramework = new(IndexOffers);
    }

    /// <summary>Grows with each change; equal versions of one kernel are the same snapshot.</summary>
    public required long Version { get; init; }

    /// <summary>Time of the newest command in it.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Admitted agents, connected or not.</summary>
    public required EntityCollection<AgentRecord> Agents { get; init; }

    /// <summary>Agents the registry knows that have not come back since this master started.</summary>
    public required IReadOnlyList<AgentRecord> RecoveredAgents { get; init; }

    public required IReadOnlyList<AgentRecord> UnreachableAgents { get; init; }

    public required IReadOnlyList<AgentRecord> GoneAgents { get; init; }

    public required EntityCollection<FrameworkRecord> Frameworks { get; init; }

    /// <summary>Newest removed frameworks, oldest first.</summary>
    public required IReadOnlyList<FrameworkRecord> CompletedFrameworks { get; init; }

    /// <summary>Tasks whose end is not acknowledged yet. Ended and unreachable ones are with their framework.</summary>
    public required EntityCollection<TaskRecord> Tasks { get; init; }

    public required EntityCollection<ExecutorRecord> Executors { get; init; }

    public required EntityCollection<OfferRecord> Offers { get; init; }

    /// <summary>Operations whose outcome is not known or not acknowledged yet.</summary>
    public required EntityCollection<OperationRecord> Operations { get; init; }

    public required IReadOnlyList<RoleRecord> Roles { get; init; }

    /// <summary>Weights that somebody set, by role.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Weights { get; init; }

    /// <summary>Quotas in force, by role.</summary>
    public required IReadOnlyList<Protocol.V1.Quota.QuotaConfig> Quotas { get; init; }

    /// <summary>Priorities that somebody gave, by role.</summary>
    public required IReadOnlyList<Preemption.RolePriority> Priorities { get; init; }

    /// <summary>As the operator wrote it.</summary>
    public required Schedule MaintenanceSchedule { get; init; }

    public required ClusterStatus MaintenanceStatus { get; init; }

    public required IReadOnlyList<InverseOffer> InverseOffers { get; init; }

    public required KernelCounters Counters { get; init; }

    public AgentRecord? FindAgent(AgentId id) => _agentsById.Value.GetValueOrDefault(id);

    /// <summary>Completed frameworks are found too.</summary>
    public FrameworkRecord? FindFramework(FrameworkId id) => _frameworksById.Value.GetValueOrDefault(id);

    public IEnumerable<TaskRecord> TasksOf(FrameworkId id) => _tasksByFramework.Value[id];

    public IEnumerable<TaskRecord> TasksOn(AgentId id) => _tasksByAgent.Value[id];

    public IEnumerable<ExecutorRecord> ExecutorsOf(FrameworkId id) => _executorsByFramework.Value[id];

    public IEnumerable<OfferRecord> OffersOf(FrameworkId id) => _offersByFramework.Value[id];

    private Dictionary<AgentId, AgentRecord> IndexAgents() =>
        Agents.ToDictionary(agent => agent.Id);

    private Dictionary<FrameworkId, FrameworkRecord> IndexFrameworks() =>
        Frameworks.Concat(CompletedFrameworks).ToDictionary(framework => framework.Id);

    private ILookup<FrameworkId, TaskRecord> IndexTasks() =>
        Tasks.ToLookup(task => task.FrameworkId);

    private ILookup<AgentId, TaskRecord> IndexTasksByAgent() =>
        Tasks.ToLookup(task => task.AgentId);

    private ILookup<FrameworkId, ExecutorRecord> IndexExecutors() =>
        Executors.ToLookup(executor => executor.FrameworkId);

    private ILookup<FrameworkId, OfferRecord> IndexOffers() =>
        Offers.ToLookup(offer => offer.FrameworkId);
}
