namespace Plenum.Marathon.Definitions;

/// <summary>
/// A pod in canonical form: containers that are started, placed and ended together and share a network and volumes.
/// </summary>
internal sealed record PodDefinition : RunSpec
{
    /// <summary>For every container; a container's own variables win.</summary>
    public ValueMap<EnvironmentValue> Environment { get; init; } = ValueMap<EnvironmentValue>.Empty;

    public ValueList<PodContainer> Containers { get; init; } = [];

    public ValueList<PodVolume> Volumes { get; init; } = [];

    /// <summary>Kept and shown; nothing scales by itself.</summary>
    public int? MaxInstances { get; init; }

    public ExecutorResources ExecutorResources { get; init; } = new();

    public IpcInfo? Ipc { get; init; }

    /// <summary>All containers in one cgroup, as Mesos had it before each could have limits of its own.</summary>
    public bool LegacySharedCgroups { get; init; }

    /// <summary>Those of all containers, in order: they share one network, so their ports are chosen together.</summary>
    public IEnumerable<PodEndpoint> Endpoints => Containers.AsEnumerable().SelectMany(container => container.Endpoints);

    public override IEnumerable<Volume.Persistent> PersistentVolumes =>
        Volumes.AsEnumerable().OfType<PodVolume.Persistent>().Select(volume => volume.Disk);

    public override ResourceDemand Demand
    {
        get
        {
            var sum = ExecutorResources.Demand;
            foreach (var container in Containers)
            {
                sum += container.Demand;
            }

            return sum;
        }
    }

    public override ValueList<HealthCheck> AllHealthChecks =>
        Containers.AsEnumerable().Select(container => container.HealthCheck?.Check).OfType<HealthCheck>().ToValueList();

    public override IEnumerable<int> HostPorts => Endpoints.Select(endpoint => endpoint.HostPort).OfType<int>();

    public PodContainer? FindContainer(string name)
    {
        foreach (var container in Containers)
        {
            if (container.Name == name)
            {
                return container;
            }
        }

        return null;
    }

    public override int AgentCheckOf(string? container)
    {
        var index = 0;
        foreach (var candidate in Containers)
        {
            if (candidate.Name == container)
            {
                return candidate.HealthCheck is null ? -1 : index;
            }

            index += candidate.HealthCheck is null ? 0 : 1;
        }

        return -1;
    }

    protected override RunSpec WithPolicyOf(RunSpec other)
    {
        var same = (PodDefinition)base.WithPolicyOf(other);
        return other is PodDefinition pod
            ? same with
            {
                MaxInstances = pod.MaxInstances,
                ExecutorResources = pod.ExecutorResources,
                LegacySharedCgroups = pod.LegacySharedCgroups,
            }
            : same;
    }
}
