using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;
using LinuxInfo = Plenum.Protocol.V1.LinuxInfo;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using WireVolume = Plenum.Protocol.V1.Volume;

namespace Plenum.Marathon.Matching;

/// <summary>
/// Builds the launch of one instance of a pod: a task for each container under one executor of the agent's own, which
/// holds the network, the ports and the volumes that the containers share.
/// </summary>
internal static class TaskGroupBuilder
{
    // Beside the containers' own directories in the sandbox of the pod.
    private const string EphemeralVolumes = "volumes/";

    private const double NanosecondsPerSecond = 1e9;

    public static Operation Build(PodRequest request)
    {
        var pod = request.Pod;
        var left = request.Resources.Select(resource => resource.Clone()).ToList();
        var volumes = pod.Volumes.ToDictionary(volume => volume.Name, StringComparer.Ordinal);
        var group = new TaskGroupInfo();
        foreach (var container in pod.Containers)
        {
            group.Tasks.Add(Task(request, container, volumes, ResourceShares.Take(left, container.Demand)));
        }

        // Ports and persistent volumes are left with the executor's share.
        return new Operation
        {
            Type = Operation.Types.Type.LaunchGroup,
            LaunchGroup = new Operation.Types.LaunchGroup { Executor = Executor(request, left), TaskGroup = group },
        };
    }

    private static ExecutorInfo Executor(PodRequest request, List<Resource> resources)
    {
        var pod = request.Pod;
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Default,
            ExecutorId = new ExecutorID { Value = request.ExecutorId },
            FrameworkId = new FrameworkID { Value = request.FrameworkId },
            Labels = TaskBuilder.LabelsOf(pod.Labels),
        };
        executor.Resources.AddRange(resources);
        if (pod.IsHostMode && pod.Ipc is null)
        {
            return executor;
        }

        executor.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos };
        if (pod.Ipc is { } ipc)
        {
            executor.Container.LinuxInfo = ContainerBuilder.ToWire(new Definitions.LinuxInfo(null, ipc));
        }

        if (!pod.IsHostMode)
        {
            executor.Container.NetworkInfos.AddRange(pod.Networks.Select(network => NetworkOf(request, network)));
        }

        return executor;
    }

    private static NetworkInfo NetworkOf(PodRequest request, Network network)
    {
        var info = ContainerBuilder.NamedNetwork(network);
        if (network.Mode == NetworkMode.Bridge)
        {
            info.Name = request.BridgeName;
        }

        foreach (var (endpoint, port) in request.Pod.Endpoints.Zip(request.Ports))
        {
            if (port.Host is not { } host
                || (!endpoint.NetworkNames.IsEmpty && !endpoint.NetworkNames.Contains(network.Name ?? "")))
            {
                continue;
            }

            foreach (var protocol in MappedProtocols(endpoint))
            {
                info.PortMappings.Add(new NetworkInfo.Types.PortMapping
                {
                    HostPort = (uint)host,
                    ContainerPort = (uint)port.Container,
                    Protocol = protocol,
                });
            }
        }

        return info;
    }

    /// <summary>Discovery takes any word ("http"); what is forwarded is a transport.</summary>
    private static IEnumerable<string> MappedProtocols(PodEndpoint endpoint)
    {
        var transports = endpoint.Protocols.AsEnumerable()
            .Select(protocol => protocol.ToLowerInvariant())
            .Where(protocol => protocol is "tcp" or "udp")
            .ToList();
        return transports.Count > 0 ? transports : ["tcp"];
    }

    private static TaskInfo Task(
        PodRequest request, PodContainer container, Dictionary<string, PodVolume> volumes, List<Resource> resources)
    {
        var task = new TaskInfo
        {
            Name = container.Name,
            TaskId = new TaskID { Value = request.TaskIdOf(container) },
            AgentId = new AgentID { Value = request.Place.AgentId },
            Labels = TaskBuilder.LabelsOf(container.Labels),
            Command = Command(request, container),
            Container = ContainerOf(request.Pod, container, volumes),
            Discovery = Discovery(request, container),
        };
        task.Resources.AddRange(resources);
        TaskBuilder.AddLimits(container.ResourceLimits, task);
        if (container.KillGracePeriodSeconds is { } grace)
        {
            task.KillPolicy = new KillPolicy
            {
                GracePeriod = new DurationInfo { Nanoseconds = (long)(grace * NanosecondsPerSecond) },
            };
        }

        if (container.HealthCheck is { } health)
        {
            task.HealthCheck = TaskBuilder.AgentHealthCheck(
                health.Check, health.Endpoint is { } endpoint ? request.InsidePort(endpoint) : 0);
            if (health.Command is { } command)
            {
                task.HealthCheck.Command = Executable(command, new CommandInfo(), isProgram: true);
            }
        }

        return task;
    }

    private static CommandInfo Command(PodRequest request, PodContainer container)
    {
        var command = new CommandInfo { Shell = false, Environment = PodEnvironment.Build(request, container) };
        if (container.Command is { } given)
        {
            // Without an image there is no entry point: the first argument is the program.
            Executable(given, command, isProgram: container.Image is null || container.OverrideEntrypoint == true);
        }

        if ((container.User ?? request.Pod.User) is { } user)
        {
            command.User = user;
        }

        command.Uris.AddRange(TaskBuilder.UrisOf(container.Artifacts));
        return command;
    }

    private static CommandInfo Executable(PodCommand given, CommandInfo command, bool isProgram)
    {
        command.Shell = given.Shell is not null;
        if (given.Shell is { } shell)
        {
            command.Value = shell;
            return command;
        }

        command.Arguments.AddRange(given.Argv);
        if (isProgram)
        {
            command.Value = given.Argv[0];
        }

        return command;
    }

    private static ContainerInfo ContainerOf(PodDefinition pod, PodContainer container, Dictionary<string, PodVolume> volumes)
    {
        var linux = container.LinuxInfo is { } given ? ContainerBuilder.ToWire(given) : new LinuxInfo();
        linux.ShareCgroups = pod.LegacySharedCgroups;
        var info = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, LinuxInfo = linux };
        if (container.Tty == true)
        {
            info.TtyInfo = new TTYInfo();
        }

        if (container.Image is { } image)
        {
            info.Mesos = new ContainerInfo.Types.MesosInfo
            {
                Image = new Image
                {
                    Type = Image.Types.Type.Docker,
                    Docker = new Image.Types.Docker { Name = image.Id },
                    Cached = !image.ForcePull,
                },
            };
            if (image.PullConfigSecret is { } secret)
            {
                info.Mesos.Image.Docker.Config = VolumeBuilder.Reference(pod, secret);
            }
        }

        foreach (var mount in container.VolumeMounts)
        {
            info.Volumes.Add(VolumeOf(pod, mount, volumes[mount.Name]));
        }

        return info;
    }

    private static WireVolume VolumeOf(PodDefinition pod, VolumeMount mount, PodVolume volume)
    {
        var wire = new WireVolume
        {
            ContainerPath = mount.MountPath,
            Mode = mount.ReadOnly ? WireVolume.Types.Mode.Ro : WireVolume.Types.Mode.Rw,
        };
        switch (volume)
        {
            case PodVolume.Host host:
                wire.HostPath = host.HostPath;
                break;
            case PodVolume.Secret secret:
                wire.Source = new WireVolume.Types.Source
                {
                    Type = WireVolume.Types.Source.Types.Type.Secret,
                    Secret = VolumeBuilder.Reference(pod, secret.SecretName),
                };
                break;
            case PodVolume.Persistent:
                wire.Source = InSandboxOfPod(mount.Name);
                break;
            default:
                wire.Source = InSandboxOfPod(EphemeralVolumes + mount.Name);
                break;
        }

        return wire;
    }

    private static WireVolume.Types.Source InSandboxOfPod(string path) => new()
    {
        Type = WireVolume.Types.Source.Types.Type.SandboxPath,
        SandboxPath = new WireVolume.Types.Source.Types.SandboxPath
        {
            Type = WireVolume.Types.Source.Types.SandboxPath.Types.Type.Parent,
            Path = path,
        },
    };

    private static DiscoveryInfo Discovery(PodRequest request, PodContainer container)
    {
        var pod = request.Pod;
        var ports = new Ports();
        foreach (var endpoint in container.Endpoints)
        {
            var assigned = request.Ports.First(port => port.Name == endpoint.Name);
            var network = endpoint.NetworkNames.IsEmpty ? pod.Networks[0].Name : endpoint.NetworkNames[0];
            foreach (var protocol in endpoint.Protocols.IsEmpty ? ["tcp"] : endpoint.Protocols)
            {
                ports.Ports_.Add(TaskBuilder.DiscoveredPort(assigned, protocol, endpoint.Labels, pod.IsHostMode, network));
            }
        }

        return new DiscoveryInfo
        {
            Visibility = DiscoveryInfo.Types.Visibility.Framework,
            Name = pod.Id.DnsName,
            Ports = ports,
        };
    }
}
