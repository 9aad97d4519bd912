namespace Plenum.Agent;

/// <summary>How long executors have for what, and what they find in their environment; Mesos' flags and defaults.</summary>
public sealed record ExecutorOptions
{
    public static readonly ExecutorOptions Default = new();

    /// <summary>For a new one to subscribe, fetching and image included; executor_registration_timeout.</summary>
    public TimeSpan RegistrationTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For one to be back after the agent restarted; executor_reregistration_timeout.</summary>
    public TimeSpan ReregistrationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between SHUTDOWN and the end by force, where an executor says nothing itself; executor_shutdown_grace_period.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one waits for an agent that is down before it ends itself: it is told, and keeps to it; recovery_timeout.</summary>
    public TimeSpan RecoveryTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Under what tasks and executors set themselves; executor_environment_variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}
