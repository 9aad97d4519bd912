namespace Plenum.Marathon.Definitions;

/// <summary>
/// An app in canonical form: legacy fields migrated, defaults filled in. Two definitions are equal when every
/// field is, their versions included.
/// </summary>
internal sealed record AppDefinition : RunSpec
{
    public const string SingleInstanceLabel = "MARATHON_SINGLE_INSTANCE_APP";

    public string? Cmd { get; init; }

    public ValueList<string> Args { get; init; } = [];

    public ValueMap<EnvironmentValue> Env { get; init; } = ValueMap<EnvironmentValue>.Empty;

    public double Cpus { get; init; } = 1;

    /// <summary>Megabytes, as <see cref="Disk"/>.</summary>
    public double Mem { get; init; } = 128;

    public double Disk { get; init; }

    public int Gpus { get; init; }

    public ResourceLimits? ResourceLimits { get; init; }

    public string Executor { get; init; } = "";

    public ExecutorResources? ExecutorResources { get; init; }

    public ValueList<FetchArtifact> Fetch { get; init; } = [];

    public Container? Container { get; init; }

    /// <summary>Empty unless the app is in host mode.</summary>
    public ValueList<PortDefinition> PortDefinitions { get; init; } = [];

    public bool RequirePorts { get; init; }

    public ValueList<HealthCheck> HealthChecks { get; init; } = [];

    public CheckDefinition? Check { get; init; }

    public int? TaskKillGracePeriodSeconds { get; init; }

    public Residency? Residency { get; init; }

    public ValueList<PathId> Dependencies { get; init; } = [];

    public bool? Tty { get; init; }

    public override IEnumerable<Volume.Persistent> PersistentVolumes =>
        Container is null ? [] : Container.Volumes.AsEnumerable().OfType<Volume.Persistent>();

    public bool UsesCustomExecutor => Executor is not ("" or "//cmd");

    public override ResourceDemand Demand
    {
        get
        {
            var task = new ResourceDemand(Cpus, Mem, Disk, Gpus);
            return UsesCustomExecutor ? task + (ExecutorResources ?? new ExecutorResources()).Demand : task;
        }
    }

    public override ValueList<PathId> DependsOn => Dependencies;

    public override ValueList<HealthCheck> AllHealthChecks => HealthChecks;

    public override IEnumerable<int> HostPorts => IsHostMode
        ? PortDefinitions.AsEnumerable().Select(port => RequirePorts ? port.Port : 0)
        : PortMappings.AsEnumerable().Select(mapping => mapping.HostPort).OfType<int>();

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

    public override bool IsPerformed(int check) => HealthChecks[check].IsMarathonLevel || check == AgentCheckOf(null);

    public override int AgentCheckOf(string? container)
    {
        for (var i = 0; i < HealthChecks.Count; i++)
        {
            if (!HealthChecks[i].IsMarathonLevel)
            {
                return i;
            }
        }

        return -1;
    }
}
