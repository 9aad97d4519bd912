using Google.Protobuf;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>An operation whose outcome is not known, or not acknowledged, yet. Messages inside must not be changed.</summary>
public sealed record OperationRecord
{
    /// <summary>16 bytes; names the operation between master and agent.</summary>
    public required ByteString Uuid { get; init; }

    /// <summary>Null when an operator asked for it.</summary>
    public required FrameworkId? FrameworkId { get; init; }

    public required AgentId AgentId { get; init; }

    /// <summary>Resources in the refined format, with the allocation role of the offer.</summary>
    public required Offer.Types.Operation Info { get; init; }

    public required OperationStatus LatestStatus { get; init; }

    public Operation ToWire()
    {
        var wire = new Operation
        {
            FrameworkId = FrameworkId?.ToWire(),
            AgentId = AgentId.ToWire(),
            Info = Info,
            LatestStatus = LatestStatus,
            Uuid = new UUID { Value = Uuid },
        };
        wire.Statuses.Add(LatestStatus);
        return wire;
    }
}
