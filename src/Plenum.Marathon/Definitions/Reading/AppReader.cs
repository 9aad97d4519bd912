namespace Plenum.Marathon.Definitions.Reading;

/// <summary>
/// Reads what a JSON object says about an app: types, ranges and enumerations are checked here, meaning in
/// <see cref="Validation.AppValidator"/>. Members that Marathon does not know are ignored, as its clients rely on.
/// </summary>
internal static class AppReader
{
    /// <param name="app">The JSON object.</param>
    /// <param name="origin">The group that relative ids start from.</param>
    /// <param name="fixedId">The id in the request's path, which wins over the document's.</param>
    public static AppUpdate Read(JsonField app, PathId origin, PathId? fixedId = null)
    {
        if (!app.RequireObject())
        {
            return new AppUpdate { Id = fixedId };
        }

        var id = fixedId ?? app["id"].PathFrom(origin);
        var group = id?.Parent ?? origin;
        var (container, legacyDocker) = ContainerReader.Read(app["container"]);
        var update = new AppUpdate
        {
            Id = id,
            Cmd = app["cmd"].Text(minLength: 1),
            Args = app["args"].Texts(),
            User = app["user"].Text(minLength: 1),
            Env = app["env"].Map(ReadEnvironmentValue),
            Instances = app["instances"].Integer(0, Bounds.MaxInstances),
            Mode = app["mode"].Enumeration(WireNames.ServiceModes),
            Cpus = app["cpus"].Number(Bounds.MinCpus, Bounds.MaxAmount),
            Mem = app["mem"].Number(0, Bounds.MaxAmount),
            Disk = app["disk"].Number(0, Bounds.MaxAmount),
            Gpus = app["gpus"].Integer(0, (int)Bounds.MaxAmount),
            ResourceLimits = ReadResourceLimits(app["resourceLimits"]),
            Executor = app["executor"].Text(),
            ExecutorResources = ReadExecutorResources(app["executorResources"]),
            Constraints = app["constraints"].List(ConstraintReader.ReadArray),
            Placement = PlacementReader.Read(app["placement"], group),
            Fetch = ReadFetch(app),
            Container = container,
            Networks = app["networks"].List(NetworkReader.ReadNetwork, Bounds.MaxNetworks),
            PortDefinitions = NetworkReader.ReadPortDefinitions(app),
            RequirePorts = app["requirePorts"].Boolean(),
            HealthChecks = app["healthChecks"].List(CheckReader.ReadHealthCheck),
            Check = CheckReader.ReadCheck(app["check"]),
            ReadinessChecks = app["readinessChecks"].List(CheckReader.ReadReadinessCheck),
            BackoffSeconds = app["backoffSeconds"].Integer(0, Bounds.MaxSeconds),
            BackoffFactor = app["backoffFactor"].Number(1, Bounds.MaxAmount),
            MaxLaunchDelaySeconds = app["maxLaunchDelaySeconds"].Integer(0, Bounds.MaxSeconds),
            TaskKillGracePeriodSeconds = app["taskKillGracePeriodSeconds"].Integer(0, Bounds.MaxSeconds),
            UpgradeStrategy = ReadUpgradeStrategy(app["upgradeStrategy"]),
            UnreachableStrategy = ReadUnreachableStrategy(app["unreachableStrategy"]),
            KillSelection = app["killSelection"].Enumeration(WireNames.KillSelections),
            Residency = ReadResidency(app["residency"]),
            Dependencies = app["dependencies"].Paths(group),
            Labels = app["labels"].TextMap(),
            AcceptedResourceRoles = app["acceptedResourceRoles"].Texts(),
            Role = app["role"].Text(minLength: 1),
            Secrets = ReadSecrets(app["secrets"]),
            Tty = app["tty"].Boolean(),
            Version = app["version"].Moment(),
            VersionInfo = ReadVersionInfo(app["versionInfo"]),
            SaysMoreThanVersion = app.MemberNames().Any(name => name is not ("id" or "version")),
        };
        return NetworkReader.MigrateLegacyNetworks(update, app, legacyDocker);
    }

    internal static ValueMap<string>? ReadSecrets(JsonField secrets) =>
        secrets.Map<string>(secret => secret.RequireObject() ? secret["source"].RequiredText() : null);

    internal static EnvironmentValue? ReadEnvironmentValue(JsonField value)
    {
        if (value.Kind == System.Text.Json.JsonValueKind.Object)
        {
            return new EnvironmentValue.Secret(value["secret"].RequiredText());
        }

        return value.Text() is { } text ? new EnvironmentValue.Text(text) : null;
    }

    internal static ResourceLimits? ReadResourceLimits(JsonField limits)
    {
        if (!limits.IsPresent || !limits.RequireObject())
        {
            return null;
        }

        return new ResourceLimits(ReadLimit(limits["cpus"]), ReadLimit(limits["mem"]));
    }

    private static double? ReadLimit(JsonField limit)
    {
        if (limit.Kind != System.Text.Json.JsonValueKind.String)
        {
            return limit.Number(0, Bounds.MaxAmount);
        }

        if (string.Equals(limit.Text(), "unlimited", StringComparison.OrdinalIgnoreCase))
        {
            return double.PositiveInfinity;
        }

        limit.Refuse("must be a number or \"unlimited\"");
        return null;
    }

    internal static ExecutorResources? ReadExecutorResources(JsonField resources)
    {
        if (!resources.IsPresent || !resources.RequireObject())
        {
            return null;
        }

        return new ExecutorResources
        {
            Cpus = resources["cpus"].Number(ExecutorResources.DefaultCpus, Bounds.MaxAmount) ?? ExecutorResources.DefaultCpus,
            Mem = resources["mem"].Number(ExecutorResources.DefaultMem, Bounds.MaxAmount) ?? ExecutorResources.DefaultMem,
            Disk = resources["disk"].Number(ExecutorResources.DefaultDisk, Bounds.MaxAmount) ?? ExecutorResources.DefaultDisk,
        };
    }

    // Legacy uris become artifacts; one that Marathon would have unpacked still is.
    private static ValueList<FetchArtifact>? ReadFetch(JsonField app)
    {
        var fetch = app["fetch"].List(ReadArtifact);
        var uris = app["uris"].List(uri => uri.Text(1, Bounds.MaxUriLength))?.Select(FromLegacyUri);
        if (fetch is null || uris is null)
        {
            return fetch ?? uris;
        }

        // Answers of old releases carried both forms; clients send back what they read.
        if (!fetch.Select(artifact => artifact.Uri).Equals(uris.Select(artifact => artifact.Uri)))
        {
            app["uris"].Refuse("must not be used together with fetch: name everything in fetch");
        }

        return fetch;
    }

    internal static FetchArtifact? ReadArtifact(JsonField artifact) =>
        artifact.RequireObject()
            ? new FetchArtifact(artifact["uri"].RequiredText(1, Bounds.MaxUriLength))
            {
                Extract = artifact["extract"].Boolean() ?? true,
                Executable = artifact["executable"].Boolean() ?? false,
                Cache = artifact["cache"].Boolean() ?? false,
                DestPath = artifact["destPath"].Text(1, Bounds.MaxUriLength),
            }
            : null;

    private static FetchArtifact FromLegacyUri(string uri) =>
        new(uri)
        {
            // The agent's checksum is no part of the name.
            Extract = uri.Split("#sha256=")[0] is var name && ArchiveEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)),
        };

    private static readonly string[] ArchiveEndings =
        [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip", ".tar.zst", ".tzst"];

    internal static UpgradeStrategy? ReadUpgradeStrategy(JsonField strategy)
    {
        if (!strategy.IsPresent || !strategy.RequireObject())
        {
            return null;
        }

        var autoRevert = strategy["autoRevert"].Boolean() ?? false;
        var deadline = strategy["progressDeadlineSeconds"].Integer(1, Bounds.MaxSeconds);
        if (deadline is not null && !autoRevert)
        {
            strategy["progressDeadlineSeconds"].Refuse("has no effect without autoRevert: set that to true, or leave this out");
        }

        return new UpgradeStrategy(
            strategy["minimumHealthCapacity"].Number(0, 1) ?? 1,
            strategy["maximumOverCapacity"].Number(0, 1) ?? 1)
        {
            AutoRevert = autoRevert,
            ProgressDeadlineSeconds = deadline ?? UpgradeStrategy.DefaultProgressDeadlineSeconds,
            Canary = CanaryReader.Read(strategy["canary"]),
        };
    }

    internal static UnreachableStrategy? ReadUnreachableStrategy(JsonField strategy)
    {
        if (!strategy.IsPresent)
        {
            return null;
        }

        if (strategy.Kind == System.Text.Json.JsonValueKind.String)
        {
            if (string.Equals(strategy.Text(), "disabled", StringComparison.OrdinalIgnoreCase))
            {
                return UnreachableStrategy.Disabled;
            }

            strategy.Refuse("must be an object or \"disabled\"");
            return null;
        }

        if (!strategy.RequireObject())
        {
            return null;
        }

        return new UnreachableStrategy
        {
            InactiveAfterSeconds = strategy["inactiveAfterSeconds"].Integer(0, Bounds.MaxSeconds) ?? 0,
            ExpungeAfterSeconds = strategy["expungeAfterSeconds"].Integer(0, Bounds.MaxSeconds) ?? 0,
        };
    }

    private static Residency? ReadResidency(JsonField residency)
    {
        if (!residency.IsPresent || !residency.RequireObject())
        {
            return null;
        }

        return new Residency
        {
            RelaunchEscalationTimeoutSeconds =
                residency["relaunchEscalationTimeoutSeconds"].Integer(0, Bounds.MaxSeconds) ?? 3600,
            TaskLostBehavior = residency["taskLostBehavior"].Enumeration(WireNames.TaskLostBehaviors)
                ?? TaskLostBehavior.WaitForever,
        };
    }

    private static VersionInfo? ReadVersionInfo(JsonField info)
    {
        if (!info.IsPresent || !info.RequireObject())
        {
            return null;
        }

        return info["lastScalingAt"].Moment() is { } scaling && info["lastConfigChangeAt"].Moment() is { } change
            ? new VersionInfo(scaling, change)
            : null;
    }
}
