using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

/// <summary>
/// One instance of a service as it is persisted. Immutable: the book swaps records, so that readers
/// of a snapshot never see a half-changed one.
/// </summary>
internal sealed record Instance
{
    public required InstanceId Id { get; init; }

    public required PathId App { get; init; }

    /// <summary>Version of the definition its task was, or will be, launched from.</summary>
    public required Timestamp Version { get; init; }

    public required string Role { get; init; }

    public required Goal Goal { get; init; }

    public required Condition Condition { get; init; }

    /// <summary>When the condition last changed.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Number of the current, or for a scheduled instance the next, task. Starts at 1.</summary>
    public required int Incarnation { get; init; }

    /// <summary>Grows over the service's life: the age order that does not depend on clocks.</summary>
    public required long Sequence { get; init; }

    /// <summary>
    /// The current task was asked to end. Persisted, so that a kill that was answered is repeated after a
    /// restart until the task is gone.
    /// </summary>
    public bool KillRequested { get; init; }

    public AgentPlace? Place { get; init; }

    /// <summary>Host ports in definition order.</summary>
    public ImmutableArray<int> HostPorts { get; init; } = [];

    /// <summary>Ports inside the container, in the order of the mappings; empty in host mode.</summary>
    public ImmutableArray<int> ContainerPorts { get; init; } = [];

    public ImmutableArray<InstanceAddress> Addresses { get; init; } = [];

    /// <summary>The tasks of a pod's instance, in the order of the definition; empty for an app's, and while there is no task.</summary>
    public ImmutableArray<ContainerState> Containers { get; init; } = [];

    /// <summary>What a stateful instance keeps while it lives; null until it was placed for the first time.</summary>
    public Reservation? Reservation { get; init; }

    public DateTimeOffset? StagedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? UnreachableSince { get; init; }

    /// <summary>
    /// All checks together, as last known; null when nothing was. Persisted, so that a deployment that goes on after
    /// a restart does not take healthy instances for sick ones until they are probed again.
    /// </summary>
    public bool? Healthy { get; init; }

    public CheckOutcome? Check { get; init; }

    /// <summary>The task of an app's instance.</summary>
    public string TaskId => Id.TaskIdOf(Incarnation);

    /// <summary>Every task that may still be somewhere.</summary>
    public IEnumerable<string> LiveTaskIds => Containers.IsEmpty
        ? [TaskId]
        : Containers
            .Where(container => !container.Condition.IsTerminal())
            .Select(container => Id.TaskIdOf(container.Name, Incarnation));

    /// <summary>Has or had data on an agent: it is stopped rather than forgotten when it is too many.</summary>
    public bool HoldsVolumes => Reservation is { IsMade: true };

    /// <summary>Counts for scaling: wanted, and not given up as unreachable.</summary>
    public bool IsCandidate => Goal == Goal.Running && Condition != Condition.UnreachableInactive;
}
