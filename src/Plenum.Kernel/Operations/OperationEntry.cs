using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Operations;

/// <summary>One operation from the call that asked for it until its outcome is acknowledged.</summary>
internal sealed class OperationEntry(OperationRecord record, AgentEntry agent)
{
    public OperationRecord Record { get; set; } = record;

    public AgentEntry Agent { get; } = agent;

    public int Slot { get; set; }

    public ByteString Uuid => Record.Uuid;

    /// <summary>The name under which a framework asked for feedback.</summary>
    public string? Name => Record.Info.Id?.Value;

    /// <summary>
    /// What the operation of a resource provider consumes and keeps from everybody until its outcome is known; without
    /// allocation role. Empty for all others, whose outcome is taken for granted.
    /// </summary>
    public ResourceSet Held { get; set; } = ResourceSet.Empty;

    public ResourceProviderID? Provider => Record.LatestStatus.ResourceProviderId;

    /// <summary>The agent has not said anything of it yet.</summary>
    public bool IsPending => Record.LatestStatus.State == OperationState.OperationPending;
}
