using Capability = Plenum.Protocol.V1.AgentInfo.Types.Capability;

namespace Plenum.Agent.Book;

/// <summary>What this agent tells masters and readers it can do; only what it really does.</summary>
public static class AgentCapabilities
{
    public static IReadOnlyList<Capability> All { get; } =
    [
        new() { Type = Capability.Types.Type.MultiRole },
        new() { Type = Capability.Types.Type.HierarchicalRole },
        new() { Type = Capability.Types.Type.ReservationRefinement },
        new() { Type = Capability.Types.Type.ResourceProvider },
        new() { Type = Capability.Types.Type.ResizeVolume },
        new() { Type = Capability.Types.Type.AgentOperationFeedback },
        new() { Type = Capability.Types.Type.AgentDraining },
        new() { Type = Capability.Types.Type.TaskResourceLimits },
    ];
}
