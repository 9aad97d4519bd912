namespace Plenum.Marathon.Definitions.Reading;

internal static class ContainerReader
{
    private static readonly WireNames<NetworkMode> LegacyNetworks = new(
        (NetworkMode.Host, "HOST"), (NetworkMode.Bridge, "BRIDGE"), (NetworkMode.Container, "USER"));

    public static (Container? Container, LegacyDocker? Legacy) Read(JsonField container)
    {
        if (!container.IsPresent || !container.RequireObject())
        {
            return (null, null);
        }

        var docker = ReadDocker(container["docker"]);

        // Without an image there is nothing for a Docker engine to run: such containers always meant Mesos' own.
        var type = container["type"].Enumeration(WireNames.Engines)
            ?? (docker is null ? ContainerEngine.Mesos : ContainerEngine.Docker);
        var result = new Container(type)
        {
            Docker = docker,
            LinuxInfo = ReadLinuxInfo(container["linuxInfo"]),
            Volumes = container["volumes"].List(VolumeReader.Read) ?? [],
            PortMappings = container["portMappings"].List(NetworkReader.ReadPortMapping),
        };
        return (result, ReadLegacy(container["docker"]));
    }

    private static DockerImage? ReadDocker(JsonField docker)
    {
        if (!docker.IsPresent || !docker.RequireObject())
        {
            return null;
        }

        if (docker["credential"].IsPresent)
        {
            docker["credential"].Refuse("is not supported since Marathon 1.5: use pullConfig");
        }

        return new DockerImage(docker["image"].RequiredText(1, Bounds.MaxUriLength))
        {
            ForcePullImage = docker["forcePullImage"].Boolean() ?? false,
            Privileged = docker["privileged"].Boolean() ?? false,
            Parameters = docker["parameters"].List(ReadParameter) ?? [],
            PullConfigSecret = docker["pullConfig"] is { IsPresent: true } pullConfig && pullConfig.RequireObject()
                ? pullConfig["secret"].RequiredText()
                : null,
        };
    }

    private static DockerParameter? ReadParameter(JsonField parameter) =>
        parameter.RequireObject()
            ? new DockerParameter(parameter["key"].RequiredText(), parameter["value"].RequiredText(minLength: 0))
            : null;

    private static LegacyDocker? ReadLegacy(JsonField docker)
    {
        var network = docker["network"];
        var mappings = docker["portMappings"].List(NetworkReader.ReadPortMapping);
        if (!network.IsPresent && mappings is null)
        {
            return null;
        }

        if (network.IsPresent && string.Equals(network.Text(), "NONE", StringComparison.OrdinalIgnoreCase))
        {
            network.Refuse("NONE has no modern equivalent: use networks");
            return new LegacyDocker(null, NamesNetwork: true, mappings);
        }

        return new LegacyDocker(network.Enumeration(LegacyNetworks), network.IsPresent, mappings);
    }

    internal static LinuxInfo? ReadLinuxInfo(JsonField info)
    {
        if (!info.IsPresent || !info.RequireObject())
        {
            return null;
        }

        var seccomp = info["seccomp"];
        var ipc = info["ipcInfo"];
        return new LinuxInfo(
            seccomp.IsPresent && seccomp.RequireObject()
                ? new Seccomp(seccomp["profileName"].Text(minLength: 1), seccomp["unconfined"].Boolean() ?? false)
                : null,
            ipc.IsPresent && ipc.RequireObject()
                ? new IpcInfo(
                    ipc["mode"].Enumeration(WireNames.IpcModes) ?? IpcMode.Private,
                    ipc["shmSize"].Integer(0, int.MaxValue))
                : null);
    }
}
