using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>What the rules of a launch need to know of the book; one per ACCEPT.</summary>
internal sealed class LaunchContext
{
    public required AgentId Agent { get; init; }

    public required FrameworkId Framework { get; init; }

    /// <summary>Role of the merged offers.</summary>
    public required string AllocationRole { get; init; }

    /// <summary>Whether the agent declared TASK_RESOURCE_LIMITS.</summary>
    public required bool AgentHasTaskLimits { get; init; }

    /// <summary>True for active and unreachable tasks of the framework: completed ids may be used again.</summary>
    public required Func<TaskId, bool> IsTaskKnown { get; init; }

    /// <summary>The framework's executor alive on this agent, as it was launched, or null.</summary>
    public required Func<ExecutorId, ExecutorInfo?> LiveExecutor { get; init; }

    /// <summary>share_cgroups of the tasks an executor already runs; null when it runs none.</summary>
    public Func<ExecutorId, bool?> SharesCgroups { get; init; } = static _ => null;

    /// <summary>
    /// What is left of the merged offers, stamped with the allocation role. The caller takes off what
    /// each accepted task uses.
    /// </summary>
    public required ResourceSet Available { get; set; }
}
