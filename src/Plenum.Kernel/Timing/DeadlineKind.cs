namespace Plenum.Kernel.Timing;

internal enum DeadlineKind
{
    /// <summary>Send the next ping, or give the agent up.</summary>
    AgentPing,

    /// <summary>The agent's time to come back is over.</summary>
    AgentReturn,

    /// <summary>One more of the agents that wait for it may be declared unreachable.</summary>
    AgentRemoval,

    SchedulerHeartbeat,

    /// <summary>The framework's time to come back is over.</summary>
    FrameworkFailover,

    RegistryCleaning,

    /// <summary>Look which of the ends that were told a while ago are not acknowledged yet.</summary>
    UnacknowledgedEnds,
}
