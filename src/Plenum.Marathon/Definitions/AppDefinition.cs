namespace Plenum.Marathon.Definitions;

/// <summary>
/// An app in canonical form: legacy fields migrated, defaults filled in. Two definitions are equal when every
/// field is, their versions included.
/// </summary>
internal sealed record AppDefinition
{
    public const string SingleInstanceLabel = "MARATHON_SINGLE_INSTANCE_APP";
    public const string DefaultRole = "*";

    public required PathId Id { get; init; }

    public string? Cmd { get; init; }

    public ValueList<string> Args { get; init; } = [];

    public string? User { get; init; }

    public ValueMap<EnvironmentValue> Env { get; init; } = ValueMap<EnvironmentValue>.Empty;

    public int Instances { get; init; } = 1;

    public double Cpus { get; init; } = 1;

    /// <summary>Megabytes, as <see cref="Disk"/>.</summary>
    public double Mem { get; init; } = 128;

    public double Disk { get; init; }

    public int Gpus { get; init; }

    public ResourceLimits? ResourceLimits { get; init; }

    public string Executor { get; init; } = "";

    public ExecutorResources? ExecutorResources { get; init; }

    public ValueList<Constraint> Constraints { get; init; } = [];

    public ValueList<FetchArtifact> Fetch { get; init; } = [];

    public Container? Container { get; init; }

    public ValueList<Network> Networks { get; init; } = [Network.Host];

    /// <summary>Empty unless the app is in host mode.</summary>
    public ValueList<PortDefinition> PortDefinitions { get; init; } = [];

    public bool RequirePorts { get; init; }

    public ValueList<HealthCheck> HealthChecks { get; init; } = [];

    public CheckDefinition? Check { get; init; }

    public ValueList<ReadinessCheck> ReadinessChecks { get; init; } = [];

    public int BackoffSeconds { get; init; } = 1;

    public double BackoffFactor { get; init; } = 1.15;

    public int MaxLaunchDelaySeconds { get; init; } = 300;

    public int? TaskKillGracePeriodSeconds { get; init; }

    public UpgradeStrategy UpgradeStrategy { get; init; } = UpgradeStrategy.Default;

    public UnreachableStrategy UnreachableStrategy { get; init; } = UnreachableStrategy.Default;

    public KillSelection KillSelection { get; init; }

    public Residency? Residency { get; init; }

    public ValueList<PathId> Dependencies { get; init; } = [];

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    public ValueList<string> AcceptedResourceRoles { get; init; } = [];

    public string Role { get; init; } = DefaultRole;

    /// <summary>The source path of each secret by its name.</summary>
    public ValueMap<string> Secrets { get; init; } = ValueMap<string>.Empty;

    public bool? Tty { get; init; }

    public Timestamp Version { get; init; }

    /// <summary>null until the app is stored.</summary>
    public VersionInfo? VersionInfo { get; init; }

    public bool IsHostMode => Networks.IsEmpty || Networks[0].Mode == NetworkMode.Host;

    public bool IsBridgeMode => !Networks.IsEmpty && Networks[0].Mode == NetworkMode.Bridge;

    /// <summary>Stateful: its instances keep their reservations.</summary>
    public bool IsResident => Container is not null && Container.Volumes.Any(volume => volume is Volume.Persistent);

    public IEnumerable<Volume.Persistent> PersistentVolumes =>
        Container is null ? [] : Container.Volumes.AsEnumerable().OfType<Volume.Persistent>();

    public bool HasExternalVolumes => Container is not null && Container.Volumes.Any(volume => volume is Volume.Dvdi or Volume.Csi);

    public bool IsSingleInstance =>
        Labels.TryGetValue(SingleInstanceLabel, out var value)
        && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Mappings in bridge and container mode, none in host mode.</summary>
    public ValueList<PortMapping> PortMappings => Container?.PortMappings ?? [];

    public IReadOnlyList<int> ServicePorts =>
        IsHostMode
            ? PortDefinitions.Select(port => port.Port)
            : PortMappings.Select(mapping => mapping.ServicePort);

    public IReadOnlyList<string?> PortNames =>
        IsHostMode
            ? [.. PortDefinitions.Select<PortDefinition, string?>(port => port.Name)]
            : [.. PortMappings.Select<PortMapping, string?>(mapping => mapping.Name)];

    /// <summary>The same app with its service ports, one for each of <see cref="ServicePorts"/>, replaced.</summary>
    public AppDefinition WithServicePorts(IReadOnlyList<int> ports)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ports.Count, ServicePorts.Count);
        if (ports.Count == 0)
        {
            return this;
        }

        return IsHostMode
            ? this with
            {
                PortDefinitions = PortDefinitions.Zip(ports, (definition, port) => definition with { Port = port })
                    .ToValueList(),
            }
            : this with
            {
                Container = Container! with
                {
                    PortMappings = PortMappings.Zip(ports, (mapping, port) => mapping with { ServicePort = port })
                        .ToValueList(),
                },
            };
    }

    /// <summary>What separates this stored definition from the one that shall follow it.</summary>
    public AppChange ChangeTo(AppDefinition next)
    {
        var comparable = next with { Version = Version, VersionInfo = VersionInfo };
        if (this == comparable)
        {
            return AppChange.None;
        }

        if (this == comparable with { Instances = Instances })
        {
            return AppChange.Scale;
        }

        return this == comparable with
        {
            Instances = Instances,
            KillSelection = KillSelection,
            UnreachableStrategy = UnreachableStrategy,
            UpgradeStrategy = UpgradeStrategy,
        }
            ? AppChange.Policy
            : AppChange.Restart;
    }
}
