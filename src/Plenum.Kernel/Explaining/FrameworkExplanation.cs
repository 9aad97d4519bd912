using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Explaining;

/// <summary>Why a framework gets the offers it gets, agent by agent, by the allocator's own rules.</summary>
public sealed record FrameworkExplanation
{
    public required FrameworkId Id { get; init; }

    public required string Name { get; init; }

    public required bool Connected { get; init; }

    /// <summary>False also for one whose driver was aborted: it gets nothing until it subscribes again.</summary>
    public required bool Active { get; init; }

    /// <summary>It let its last offers expire: it is served after the others, and half of an agent at most.</summary>
    public required bool Late { get; init; }

    /// <summary>The allocator waits for agents to come back after a restart of the master.</summary>
    public required bool Held { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required DateTimeOffset? LastAllocation { get; init; }

    public required IReadOnlyList<RoleExplanation> Roles { get; init; }
}
