using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;
using LinuxInfo = Plenum.Protocol.V1.LinuxInfo;

namespace Plenum.Marathon.Matching;

/// <summary>The container part of a task: engine, image, volumes and networks.</summary>
internal static class ContainerBuilder
{
    public static ContainerInfo? Build(AppDefinition app, TaskRequest request)
    {
        var container = app.Container;
        if (container is null && app.Tty != true && app.IsHostMode)
        {
            return null;
        }

        var info = container?.Type == ContainerEngine.Docker && container.Docker is not null
            ? DockerEngine(app, container.Docker, request)
            : MesosEngine(app, request);
        if (app.Tty == true)
        {
            info.TtyInfo = new TTYInfo();
        }

        foreach (var volume in container?.Volumes ?? [])
        {
            if (VolumeBuilder.Build(app, volume) is { } wire)
            {
                info.Volumes.Add(wire);
            }
        }

        return info;
    }

    private static ContainerInfo DockerEngine(AppDefinition app, DockerImage image, TaskRequest request)
    {
        var docker = new ContainerInfo.Types.DockerInfo
        {
            Image = image.Image,
            ForcePullImage = image.ForcePullImage,
            Privileged = image.Privileged,
            Network = app.IsHostMode
                ? ContainerInfo.Types.DockerInfo.Types.Network.Host
                : app.IsBridgeMode
                    ? ContainerInfo.Types.DockerInfo.Types.Network.Bridge
                    : ContainerInfo.Types.DockerInfo.Types.Network.User,
        };
        foreach (var parameter in image.Parameters)
        {
            docker.Parameters.Add(new Parameter { Key = parameter.Key, Value = parameter.Value });
        }

        // Lets operators find a task's container with the engine's own tools.
        docker.Parameters.Add(new Parameter { Key = "label", Value = $"MESOS_TASK_ID={request.TaskId}" });
        if (!app.IsHostMode)
        {
            for (var i = 0; i < request.Ports.Length; i++)
            {
                if (request.Ports[i].Host is not { } host)
                {
                    continue;
                }

                foreach (var protocol in TaskBuilder.Protocols(app.PortMappings[i].Protocol))
                {
                    docker.PortMappings.Add(new ContainerInfo.Types.DockerInfo.Types.PortMapping
                    {
                        HostPort = (uint)host,
                        ContainerPort = (uint)request.Ports[i].Container,
                        Protocol = protocol,
                    });
                }
            }
        }

        var info = new ContainerInfo { Type = ContainerInfo.Types.Type.Docker, Docker = docker };
        if (!app.IsHostMode && !app.IsBridgeMode)
        {
            info.NetworkInfos.AddRange(app.Networks.Select(network => NamedNetwork(network)));
        }

        return info;
    }

    private static ContainerInfo MesosEngine(AppDefinition app, TaskRequest request)
    {
        var container = app.Container;
        var info = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos };
        if (container?.Docker is { } docker)
        {
            var image = new Image
            {
                Type = Image.Types.Type.Docker,
                Docker = new Image.Types.Docker { Name = docker.Image },
                Cached = !docker.ForcePullImage,
            };
            if (docker.PullConfigSecret is { } secret)
            {
                image.Docker.Config = VolumeBuilder.Reference(app, secret);
            }

            info.Mesos = new ContainerInfo.Types.MesosInfo { Image = image };
        }

        if (!app.IsHostMode)
        {
            foreach (var network in app.Networks)
            {
                info.NetworkInfos.Add(WithMappings(app, network, request));
            }
        }

        if (container?.LinuxInfo is { } linux)
        {
            info.LinuxInfo = ToWire(linux);
        }

        return info;
    }

    public static NetworkInfo NamedNetwork(Network network)
    {
        var info = new NetworkInfo();
        if (network.Name is { } name)
        {
            info.Name = name;
        }

        if (!network.Labels.IsEmpty)
        {
            info.Labels = TaskBuilder.LabelsOf(network.Labels);
        }

        return info;
    }

    private static NetworkInfo WithMappings(AppDefinition app, Network network, TaskRequest request)
    {
        var ports = request.Ports;
        var info = NamedNetwork(network);
        if (network.Mode == NetworkMode.Bridge)
        {
            // Mesos' own containerizer knows no bridge of its own: a CNI network of the agent stands for it.
            info.Name = request.BridgeName;
        }

        for (var i = 0; i < ports.Length; i++)
        {
            var mapping = app.PortMappings[i];
            if (ports[i].Host is not { } host
                || (!mapping.NetworkNames.IsEmpty && !mapping.NetworkNames.Contains(network.Name ?? "")))
            {
                continue;
            }

            foreach (var protocol in TaskBuilder.Protocols(mapping.Protocol))
            {
                info.PortMappings.Add(new NetworkInfo.Types.PortMapping
                {
                    HostPort = (uint)host,
                    ContainerPort = (uint)ports[i].Container,
                    Protocol = protocol,
                });
            }
        }

        return info;
    }

    public static LinuxInfo ToWire(Definitions.LinuxInfo linux)
    {
        var wire = new LinuxInfo();
        if (linux.Seccomp is { } seccomp)
        {
            wire.Seccomp = new SeccompInfo();
            if (seccomp.ProfileName is { } profile)
            {
                wire.Seccomp.ProfileName = profile;
            }
            else
            {
                wire.Seccomp.Unconfined = seccomp.Unconfined;
            }
        }

        if (linux.Ipc is { } ipc)
        {
            wire.IpcMode = ipc.Mode == IpcMode.Private
                ? LinuxInfo.Types.IpcMode.Private
                : LinuxInfo.Types.IpcMode.ShareParent;
            if (ipc.ShmSizeMegabytes is { } megabytes)
            {
                wire.ShmSize = (uint)megabytes;
            }
        }

        return wire;
    }
}
