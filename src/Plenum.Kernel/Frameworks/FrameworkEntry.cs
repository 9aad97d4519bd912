using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Reconciliation;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Frameworks;

/// <summary>One framework that is not removed.</summary>
internal sealed class FrameworkEntry
{
    private FrameworkRecord? _record;
    private FrameworkRecord? _shown;

    public FrameworkEntry(FrameworkId id, FrameworkInfo info, DateTimeOffset registered, KernelOptions options)
    {
        Id = id;
        RegisteredTime = registered;
        Completed = new History<TaskRecord>(options.MaxCompletedTasksPerFramework);
        Unreachable = new ShelvedTasks(options.MaxUnreachableTasksPerFramework);
        Ends = new ShelvedTasks(options.MaxUnreachableTasksPerFramework);
        Describe(info);
    }

    public FrameworkId Id { get; }

    /// <summary>With <c>id</c> set; replaced, never changed.</summary>
    public FrameworkInfo Info { get; private set; } = null!;

    public FrameworkCapabilities Capabilities { get; private set; }

    public IReadOnlyList<string> Roles { get; private set; } = [];

    public HashSet<string> SuppressedRoles { get; private set; } = new(StringComparer.Ordinal);

    public OfferConstraints? OfferConstraints { get; private set; }

    public ConstraintSet? Constraints { get; private set; }

    public SchedulerStreamId? Stream { get; private set; }

    public bool Connected => Stream is not null;

    /// <summary>Aborted by its driver: connected, and wants no offers.</summary>
    public bool Deactivated { get; set; }

    public bool Active => Connected && !Deactivated;

    /// <summary>Of the old driver it was last connected with; null when that was HTTP.</summary>
    public string? Pid { get; set; }

    public bool Recovered { get; set; }

    public DateTimeOffset RegisteredTime { get; set; }

    public DateTimeOffset? ReregisteredTime { get; set; }

    public Dictionary<TaskId, TaskEntry> Tasks { get; } = [];

    public List<ExecutorEntry> Executors { get; } = [];

    public List<OfferEntry> Offers { get; } = [];

    /// <summary>By id: those it asked feedback for.</summary>
    public Dictionary<string, OperationEntry> Operations { get; } = new(StringComparer.Ordinal);

    /// <summary>Tasks that ran on agents that were lost.</summary>
    public ShelvedTasks Unreachable { get; }

    /// <summary>Tasks that ended on agents that are away, told and not acknowledged.</summary>
    public ShelvedTasks Ends { get; }

    /// <summary>Whose end is in the registry: of tasks in the book and of <see cref="Ends"/>; as many as that takes.</summary>
    public HashSet<TaskId> KeptEnds { get; } = [];

    /// <summary>What it asked while agents that could know were awaited.</summary>
    public OpenQuestions Questions { get; } = new();

    public History<TaskRecord> Completed { get; }

    /// <summary>By role: those it is in, and those it left while resources of them are still held.</summary>
    public Dictionary<string, FrameworkClient> Clients { get; } = new(StringComparer.Ordinal);

    public Holdings Used { get; } = new();

    public Holdings Offered { get; } = new();

    /// <summary>Agents that it was asked to leave and answered for, until the time they are asked about again.</summary>
    public Dictionary<AgentId, DateTimeOffset> InverseFilters { get; } = [];

    /// <summary>What it asked for by REQUEST and was not offered yet.</summary>
    public List<ResourceWish> Wishes { get; } = [];

    /// <summary>Let its last offers expire; set through the role tree, which orders by it.</summary>
    public bool IsLate { get; set; }

    /// <summary>Made by the allocation run at hand, to be sent at its end.</summary>
    public List<OfferEntry> NewOffers { get; } = [];

    public int Slot { get; set; } = -1;

    public int HeartbeatGeneration { get; set; }

    public int FailoverGeneration { get; set; }

    /// <summary>
    /// The table of the snapshots does not have the newest record yet. Not the same as having none: an
    /// event for the operators makes one too.
    /// </summary>
    public bool IsDirty => _record is null || !ReferenceEquals(_record, _shown);

    public void Shown() => _shown = _record;

    public bool HasRole(string role)
    {
        for (var i = 0; i < Roles.Count; i++)
        {
            if (string.Equals(Roles[i], role, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    public void Describe(FrameworkInfo info)
    {
        Info = info;
        Capabilities = FrameworkCapabilities.Of(info);
        Roles = Capabilities.MultiRole ? [.. info.Roles] : [info.Role];
        _record = null;
    }

    /// <summary>A removed framework no longer keeps its roles alive.</summary>
    public void LeaveRoles() => Roles = [];

    public void Suppress(IEnumerable<string> roles)
    {
        SuppressedRoles = new HashSet<string>(roles, StringComparer.Ordinal);
        _record = null;
    }

    public void Constrain(OfferConstraints? wire, ConstraintSet? constraints)
    {
        OfferConstraints = wire;
        Constraints = constraints;
        _record = null;
    }

    public void Attach(SchedulerStreamId? stream)
    {
        Stream = stream;
        _record = null;
    }

    public void Touch() => _record = null;

    public FrameworkRecord ToRecord(DateTimeOffset? unregistered = null) => _record ??= new FrameworkRecord
    {
        Id = Id,
        Info = Info,
        Roles = Roles,
        SuppressedRoles = [.. SuppressedRoles],
        Active = Active,
        Connected = Connected,
        Pid = Pid,
        Recovered = Recovered,
        RegisteredTime = RegisteredTime,
        ReregisteredTime = ReregisteredTime,
        UnregisteredTime = unregistered,
        Used = Used.ToQuantities(),
        Offered = Offered.ToQuantities(),
        CompletedTasks = Completed.Freeze(),
        UnreachableTasks = Unreachable.Freeze(),
        KeptEnds = Ends.Freeze(),
        OfferConstraints = OfferConstraints,
        Constraints = Constraints,
    };
}
