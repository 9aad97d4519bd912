namespace Plenum.Kernel.Timing;

internal enum DeadlineKind
{
    /// <summary>Send the next ping, or give the agent up.</summary>
    AgentPing,

    /// <summary>The agent's time to come back is over.</summary>
    AgentReturn,

    SchedulerHeartbeat,

    /// <summary>The framework's time to come back is over.</summary>
    FrameworkFailover,

    RegistryCleaning,
}
