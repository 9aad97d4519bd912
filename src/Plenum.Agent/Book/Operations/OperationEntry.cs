using Google.Protobuf;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Operations;

/// <summary>An operation that is being carried out, or whose outcome is not acknowledged.</summary>
internal sealed class OperationEntry : IDeadlineEntry
{
    public required ByteString Uuid { get; init; }

    /// <summary>Null when an operator asked for it.</summary>
    public required FrameworkId? Framework { get; init; }

    public required Offer.Types.Operation Info { get; init; }

    /// <summary>PENDING while volumes are being made or removed; the outcome otherwise.</summary>
    public required OperationStatus Status { get; set; }

    /// <summary>Whose resources it is about; null for the agent's own.</summary>
    public string? Provider => Status.ResourceProviderId?.Value;

    public bool IsPending => Status.State == OperationState.OperationPending;

    /// <summary>Why a disk that is made, or was to be, is being removed again: the reason of the failure to come.</summary>
    public string? Undoing { get; set; }

    public TimeSpan ResendDelay { get; set; }

    public DateTimeOffset? Deadline { get; set; }

    public DateTimeOffset? QueuedAt { get; set; }

    public Operation ToWire(AgentId? agent)
    {
        var wire = new Operation
        {
            FrameworkId = Framework?.ToWire(),
            AgentId = agent?.ToWire(),
            Info = Info,
            LatestStatus = Status,
            Uuid = new UUID { Value = Uuid },
        };
        wire.Statuses.Add(Status);
        return wire;
    }
}
