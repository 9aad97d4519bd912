namespace Plenum.Kernel.Explaining;

/// <summary>Why a framework is not offered what one agent has free, in the order the allocator asks.</summary>
public enum OfferObstacle
{
    /// <summary>Nothing: it is served when its turn comes.</summary>
    None,

    /// <summary>The agent's link is broken.</summary>
    AgentDisconnected,

    /// <summary>An operator deactivated the agent.</summary>
    AgentDeactivated,

    /// <summary>An operator drains the agent.</summary>
    AgentDraining,

    /// <summary>The operator's list of agents to offer does not name it.</summary>
    NotWhitelisted,

    /// <summary>The agent has GPUs and the framework did not declare GPU_RESOURCES.</summary>
    NeedsGpuCapability,

    /// <summary>The agent is in another region and the framework did not declare REGION_AWARE.</summary>
    NeedsRegionCapability,

    /// <summary>The framework's own offer constraints exclude the agent.</summary>
    Constraint,

    /// <summary>Tasks of the agent end for somebody more important, who is offered it first.</summary>
    KeptForPriority,

    /// <summary>Everything is used by tasks, or the agent has less than its tasks use.</summary>
    InUse,

    /// <summary>What is not used is offered to this framework.</summary>
    OfferedToIt,

    /// <summary>What is not used is offered to others.</summary>
    OfferedToOthers,

    /// <summary>What is free is reserved for other roles.</summary>
    Reserved,

    /// <summary>What is free is shared, revocable or refined, and the framework did not declare that it knows such.</summary>
    NeedsResourceCapability,

    /// <summary>The role's quota limit is reached.</summary>
    QuotaLimit,

    /// <summary>What is free is kept for other roles' guarantees.</summary>
    KeptForGuarantees,

    /// <summary>What it may have is less than the least amount worth an offer.</summary>
    TooSmall,

    /// <summary>It declined the same or more, and the time of that refusal is not over.</summary>
    Refused,
}
