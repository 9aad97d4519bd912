using System.Collections.Immutable;
using Google.Protobuf;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Redaction;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Kernel.Snapshots;

/// <summary>One task at one moment; replaced as a whole when anything changes.</summary>
public sealed record TaskRecord
{
    public required FrameworkId FrameworkId { get; init; }

    public required TaskId Id { get; init; }

    public required AgentId AgentId { get; init; }

    /// <summary>Null for a command task.</summary>
    public ExecutorId? ExecutorId { get; init; }

    /// <summary>
    /// What does not change: name, labels, discovery, container and so on. Its own state and statuses are
    /// not to be read; <see cref="ToWire"/> gives the whole.
    /// </summary>
    public required WireTask Definition { get; init; }

    public required ResourceSet Resources { get; init; }

    /// <summary>Newest state known, which may be ahead of what the framework has seen.</summary>
    public required TaskState State { get; init; }

    /// <summary>State last sent to the framework.</summary>
    public TaskState? StatusUpdateState { get; init; }

    public ByteString? StatusUpdateUuid { get; init; }

    /// <summary>One for each change of state, oldest first, without <c>data</c>.</summary>
    public ImmutableArray<TaskStatus> Statuses { get; init; } = [];

    /// <summary>A new message; sub-messages are shared and must not be changed.</summary>
    public WireTask ToWire()
    {
        var wire = new WireTask
        {
            Name = Definition.Name,
            TaskId = Definition.TaskId,
            FrameworkId = Definition.FrameworkId,
            AgentId = Definition.AgentId,
            State = State,
            Labels = Definition.Labels,
            Discovery = Definition.Discovery,
            Container = SecretValues.Hide(Definition.Container),
            HealthCheck = SecretValues.Hide(Definition.HealthCheck),
            KillPolicy = Definition.KillPolicy,
            ExecutorId = Definition.ExecutorId,
        };
        if (Definition.HasUser)
        {
            wire.User = Definition.User;
        }

        if (StatusUpdateState is { } forwarded)
        {
            wire.StatusUpdateState = forwarded;
        }

        if (StatusUpdateUuid is { } uuid)
        {
            wire.StatusUpdateUuid = uuid;
        }

        wire.Resources.AddRange(Definition.Resources);
        wire.Limits.Add(Definition.Limits);
        wire.Statuses.AddRange(Statuses);
        return wire;
    }
}
