namespace Plenum.Marathon.Definitions.Reading;

/// <summary>
/// Reads what a JSON object says about a pod: types, ranges and enumerations are checked here, meaning in
/// <see cref="Validation.PodValidator"/>. Members that Marathon does not know are ignored.
/// </summary>
internal static class PodReader
{
    public static PodUpdate Read(JsonField pod)
    {
        if (!pod.RequireObject())
        {
            return new PodUpdate(new PodDefinition { Id = PathId.Root });
        }

        var id = pod["id"].PathFrom(PathId.Root);
        if (!pod["id"].IsPresent)
        {
            pod["id"].Refuse("error.path.missing");
        }

        if (!pod["containers"].IsPresent)
        {
            pod["containers"].Refuse("error.path.missing");
        }

        var scheduling = Object(pod["scheduling"]);
        var backoff = Object(scheduling["backoff"]);
        var placement = Object(scheduling["placement"]);
        var defaults = new PodDefinition { Id = id ?? PathId.Root };
        return new PodUpdate(defaults with
        {
            User = pod["user"].Text(minLength: 1),
            Labels = pod["labels"].TextMap() ?? defaults.Labels,
            Environment = pod["environment"].Map(AppReader.ReadEnvironmentValue) ?? defaults.Environment,
            Containers = ReadContainers(pod["containers"]),
            Volumes = pod["volumes"].List(ReadVolume, Bounds.MaxVolumes) ?? [],
            Networks = pod["networks"].List(NetworkReader.ReadNetwork, Bounds.MaxNetworks) ?? [],
            Secrets = AppReader.ReadSecrets(pod["secrets"]) ?? defaults.Secrets,
            Instances = ReadInstances(Object(pod["scaling"]), out var isDaemon) ?? defaults.Instances,
            IsDaemon = isDaemon,
            MaxInstances = pod["scaling"]["maxInstances"].Integer(0, Bounds.MaxInstances),
            BackoffSeconds = Seconds(backoff["backoff"]) ?? defaults.BackoffSeconds,
            BackoffFactor = backoff["backoffFactor"].Number(1, Bounds.MaxAmount) ?? defaults.BackoffFactor,
            MaxLaunchDelaySeconds = Seconds(backoff["maxLaunchDelay"]) ?? defaults.MaxLaunchDelaySeconds,
            KillSelection = scheduling["killSelection"].Enumeration(WireNames.KillSelections) ?? defaults.KillSelection,
            Constraints = placement["constraints"].List(ConstraintReader.ReadObject) ?? [],
            Placement = PlacementReader.Read(placement, id is { IsRoot: false } path ? path.Parent : PathId.Root) is { IsEmpty: false } rules ? rules : null,
            AcceptedResourceRoles = placement["acceptedResourceRoles"].Texts() ?? [],
            ReadinessChecks = pod["readinessChecks"].List(CheckReader.ReadReadinessCheck) ?? [],
            ExecutorResources = AppReader.ReadExecutorResources(pod["executorResources"]) ?? defaults.ExecutorResources,
            Ipc = ContainerReader.ReadLinuxInfo(pod["linuxInfo"])?.Ipc,
            LegacySharedCgroups = pod["legacySharedCgroups"].Boolean() ?? false,
        })
        {
            Role = pod["role"].Text(minLength: 1),
            Upgrade = AppReader.ReadUpgradeStrategy(scheduling["upgrade"]),
            Unreachable = AppReader.ReadUnreachableStrategy(scheduling["unreachableStrategy"]),
        };
    }

    private static ValueList<PodContainer> ReadContainers(JsonField field)
    {
        var containers = field.List(PodContainerReader.Read, Bounds.MaxContainers) ?? [];
        if (containers.Sum(container => container.Endpoints.Count) > Bounds.MaxEndpoints)
        {
            field.Refuse($"must not have more than {Bounds.MaxEndpoints} endpoints together");
        }

        return containers;
    }

    private static JsonField Object(JsonField field)
    {
        if (field.IsPresent)
        {
            field.RequireObject();
        }

        return field;
    }

    /// <summary>A pod on every agent may be sent with the count it was shown with: it says nothing.</summary>
    private static int? ReadInstances(JsonField scaling, out bool isDaemon)
    {
        var kind = scaling["kind"].Text();
        isDaemon = string.Equals(kind, "daemon", StringComparison.OrdinalIgnoreCase);
        if (kind is not null && !isDaemon && !string.Equals(kind, "fixed", StringComparison.OrdinalIgnoreCase))
        {
            scaling["kind"].Refuse("must be one of: fixed, daemon");
        }

        var instances = scaling["instances"].Integer(0, Bounds.MaxInstances);
        return isDaemon ? 0 : instances;
    }

    // Numbers with a fraction on the wire; below a second nothing is told apart here.
    private static int? Seconds(JsonField field) =>
        field.Number(0, Bounds.MaxSeconds) is { } seconds ? (int)Math.Ceiling(seconds) : null;

    private static PodVolume? ReadVolume(JsonField volume)
    {
        if (!volume.RequireObject())
        {
            return null;
        }

        var name = volume["name"].RequiredText();
        var kinds = new[] { "host", "secret", "persistent" }.Where(kind => volume[kind].IsPresent).ToList();
        if (kinds.Count > 1)
        {
            volume.Refuse($"must be of one kind, not {string.Join(" and ", kinds)} at once");
            return null;
        }

        return kinds.FirstOrDefault() switch
        {
            "host" => new PodVolume.Host(name, volume["host"].RequiredText()),
            "secret" => new PodVolume.Secret(name, volume["secret"].RequiredText()),
            "persistent" => VolumeReader.ReadPersistent(volume, name) is { } disk ? new PodVolume.Persistent(name, disk) : null,
            _ => new PodVolume.Ephemeral(name),
        };
    }
}
