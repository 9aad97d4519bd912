using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>What the rules of RESERVE, UNRESERVE, CREATE and DESTROY need to know of the book.</summary>
internal sealed class OperationContext
{
    /// <summary>Null when an operator asks.</summary>
    public required FrameworkInfo? Framework { get; init; }

    /// <summary>Role of the merged offers; null when an operator asks.</summary>
    public required string? AllocationRole { get; init; }

    /// <summary>Of the caller; null while there is no authentication.</summary>
    public required string? Principal { get; init; }

    public required IReadOnlyCollection<AgentInfo.Types.Capability.Types.Type> AgentCapabilities { get; init; }

    /// <summary>Everything the agent has, volumes included.</summary>
    public required ResourceSet AgentTotal { get; init; }

    /// <summary>What tasks and executors on the agent use, launches on their way included.</summary>
    public required ResourceSet InUse { get; init; }
}
