namespace Plenum.Marathon.Definitions.Reading;

internal static class PodContainerReader
{
    private static readonly HealthCheck HealthDefaults = new();

    private static readonly WireNames<HealthCheckProtocol> Schemes = new(
        (HealthCheckProtocol.MesosHttp, "HTTP"), (HealthCheckProtocol.MesosHttps, "HTTPS"));

    private static readonly WireNames<HealthCheckProtocol> ImageKinds = new((HealthCheckProtocol.Http, "DOCKER"));

    public static PodContainer? Read(JsonField container)
    {
        if (!container.RequireObject())
        {
            return null;
        }

        var resources = container["resources"];
        if (resources.IsPresent)
        {
            resources.RequireObject();
        }

        var exec = container["exec"];
        var lifecycle = container["lifecycle"];
        return new PodContainer(container["name"].RequiredText())
        {
            Command = exec.IsPresent && exec.RequireObject() ? ReadCommand(exec["command"]) : null,
            OverrideEntrypoint = exec["overrideEntrypoint"].Boolean(),
            Cpus = resources["cpus"].Number(Bounds.MinCpus, Bounds.MaxAmount) ?? PodContainer.DefaultCpus,
            Mem = resources["mem"].Number(0, Bounds.MaxAmount) ?? PodContainer.DefaultMem,
            Disk = resources["disk"].Number(0, Bounds.MaxAmount) ?? 0,
            Gpus = resources["gpus"].Integer(0, (int)Bounds.MaxAmount) ?? 0,
            ResourceLimits = AppReader.ReadResourceLimits(container["resourceLimits"]),
            Endpoints = container["endpoints"].List(ReadEndpoint, Bounds.MaxEndpoints) ?? [],
            Image = ReadImage(container["image"]),
            Environment = container["environment"].Map(AppReader.ReadEnvironmentValue) ?? ValueMap<EnvironmentValue>.Empty,
            User = container["user"].Text(minLength: 1),
            HealthCheck = ReadHealthCheck(container["healthCheck"]),
            VolumeMounts = container["volumeMounts"].List(ReadMount, Bounds.MaxVolumes) ?? [],
            Artifacts = container["artifacts"].List(AppReader.ReadArtifact) ?? [],
            Labels = container["labels"].TextMap() ?? ValueMap<string>.Empty,
            KillGracePeriodSeconds = lifecycle.IsPresent && lifecycle.RequireObject()
                ? lifecycle["killGracePeriodSeconds"].Number(0, Bounds.MaxSeconds)
                : null,
            Tty = container["tty"].Boolean(),
            LinuxInfo = ContainerReader.ReadLinuxInfo(container["linuxInfo"]),
        };
    }

    private static PodCommand? ReadCommand(JsonField command)
    {
        if (!command.IsPresent)
        {
            command.Refuse("error.path.missing");
            return null;
        }

        if (!command.RequireObject())
        {
            return null;
        }

        var (shell, argv) = (command["shell"], command["argv"]);
        if (shell.IsPresent == argv.IsPresent)
        {
            command.Refuse("must have exactly one of shell and argv");
            return null;
        }

        return shell.IsPresent
            ? new PodCommand { Shell = shell.Text(minLength: 1) ?? "" }
            : new PodCommand { Argv = argv.Texts() ?? [] };
    }

    private static PodEndpoint? ReadEndpoint(JsonField endpoint) =>
        endpoint.RequireObject()
            ? new PodEndpoint(endpoint["name"].RequiredText())
            {
                ContainerPort = endpoint["containerPort"].Integer(0, Bounds.MaxPort),
                HostPort = endpoint["hostPort"].Integer(0, Bounds.MaxPort),
                Protocols = endpoint["protocol"].Texts() ?? [],
                Labels = endpoint["labels"].TextMap() ?? ValueMap<string>.Empty,
                NetworkNames = endpoint["networkNames"].Texts() ?? [],
            }
            : null;

    private static PodImage? ReadImage(JsonField image)
    {
        if (!image.IsPresent || !image.RequireObject())
        {
            return null;
        }

        image["kind"].Enumeration(ImageKinds);
        return new PodImage(image["id"].RequiredText(1, Bounds.MaxUriLength))
        {
            ForcePull = image["forcePull"].Boolean() ?? false,
            PullConfigSecret = image["pullConfig"] is { IsPresent: true } pullConfig && pullConfig.RequireObject()
                ? pullConfig["secret"].RequiredText()
                : null,
            Labels = image["labels"].TextMap() ?? ValueMap<string>.Empty,
        };
    }

    private static VolumeMount? ReadMount(JsonField mount) =>
        mount.RequireObject()
            ? new VolumeMount(mount["name"].RequiredText(), mount["mountPath"].RequiredText(1, Bounds.MaxUriLength))
            {
                ReadOnly = mount["readOnly"].Boolean() ?? false,
            }
            : null;

    private static PodHealthCheck? ReadHealthCheck(JsonField check)
    {
        if (!check.IsPresent || !check.RequireObject())
        {
            return null;
        }

        var kinds = new[] { "http", "tcp", "exec" }.Where(kind => check[kind].IsPresent).ToList();
        if (kinds.Count != 1)
        {
            check.Refuse("Only one of http, tcp, or command may be specified");
            return null;
        }

        var probe = check[kinds[0]];
        if (!probe.RequireObject())
        {
            return null;
        }

        var common = new HealthCheck
        {
            GracePeriodSeconds = check["gracePeriodSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.GracePeriodSeconds,
            IntervalSeconds = check["intervalSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.IntervalSeconds,
            TimeoutSeconds = check["timeoutSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.TimeoutSeconds,
            MaxConsecutiveFailures =
                check["maxConsecutiveFailures"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.MaxConsecutiveFailures,
            DelaySeconds = check["delaySeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.DelaySeconds,
        };
        if (kinds[0] == "exec")
        {
            var command = ReadCommand(probe["command"]);
            return new PodHealthCheck(common with { Protocol = HealthCheckProtocol.Command, Command = command?.Shell ?? string.Join(' ', command?.Argv ?? []) })
            {
                Command = command,
            };
        }

        return new PodHealthCheck(kinds[0] == "tcp"
            ? common with { Protocol = HealthCheckProtocol.MesosTcp }
            : common with
            {
                Protocol = probe["scheme"].Enumeration(Schemes) ?? HealthCheckProtocol.MesosHttp,
                Path = probe["path"].Text(1, Bounds.MaxUriLength),
            })
        {
            Endpoint = probe["endpoint"].RequiredText(),
        };
    }
}
