namespace Plenum.Marathon.Definitions;

/// <summary>
/// What a request says about an app: null is "not said". A new app is an update of nothing, so creation, full and
/// partial updates share one reader. Legacy fields are migrated already.
/// </summary>
internal sealed record AppUpdate
{
    public PathId? Id { get; init; }

    public string? Cmd { get; init; }

    public ValueList<string>? Args { get; init; }

    public string? User { get; init; }

    public ValueMap<EnvironmentValue>? Env { get; init; }

    public int? Instances { get; init; }

    public ServiceMode? Mode { get; init; }

    public double? Cpus { get; init; }

    public double? Mem { get; init; }

    public double? Disk { get; init; }

    public int? Gpus { get; init; }

    public ResourceLimits? ResourceLimits { get; init; }

    public string? Executor { get; init; }

    public ExecutorResources? ExecutorResources { get; init; }

    public ValueList<Constraint>? Constraints { get; init; }

    public Placement? Placement { get; init; }

    public ValueList<FetchArtifact>? Fetch { get; init; }

    public Container? Container { get; init; }

    public ValueList<Network>? Networks { get; init; }

    public ValueList<PortDefinition>? PortDefinitions { get; init; }

    public bool? RequirePorts { get; init; }

    public ValueList<HealthCheck>? HealthChecks { get; init; }

    public CheckDefinition? Check { get; init; }

    public ValueList<ReadinessCheck>? ReadinessChecks { get; init; }

    public int? BackoffSeconds { get; init; }

    public double? BackoffFactor { get; init; }

    public int? MaxLaunchDelaySeconds { get; init; }

    public int? TaskKillGracePeriodSeconds { get; init; }

    public UpgradeStrategy? UpgradeStrategy { get; init; }

    public UnreachableStrategy? UnreachableStrategy { get; init; }

    public KillSelection? KillSelection { get; init; }

    public Residency? Residency { get; init; }

    public ValueList<PathId>? Dependencies { get; init; }

    public ValueMap<string>? Labels { get; init; }

    public ValueList<string>? AcceptedResourceRoles { get; init; }

    public string? Role { get; init; }

    public ValueMap<string>? Secrets { get; init; }

    public bool? Tty { get; init; }

    /// <summary>Alone (or with the id) it asks for a return to that stored version.</summary>
    public Timestamp? Version { get; init; }

    /// <summary>Written by us only; read back from the store.</summary>
    public VersionInfo? VersionInfo { get; init; }

    /// <summary>Whether the document had any member beside id and version.</summary>
    public bool SaysMoreThanVersion { get; init; }

    public bool IsRollback => Version is not null && !SaysMoreThanVersion;
}
