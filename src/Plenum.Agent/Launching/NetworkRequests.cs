using Plenum.Agent.Containers;
using Plenum.Agent.Networking;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Docker = Plenum.Protocol.V1.ContainerInfo.Types.DockerInfo;

namespace Plenum.Agent.Launching;

/// <summary>
/// Which networks a container asks for: by the names in its network_infos, or in docker's words, of which BRIDGE is
/// the agent's own bridge here and USER a named network (mesos.md 6.2, networking.md 4.1).
/// </summary>
internal static class NetworkRequests
{
    private const uint HighestPort = 65_535;

    /// <summary>Null: the machine's network, or the parent's.</summary>
    /// <exception cref="ContainerLaunchException">The request contradicts itself.</exception>
    public static NetworkRequest? From(ContainerInfo? container, IEnumerable<Resource> resources)
    {
        var request = container switch
        {
            null => null,
            { Type: ContainerInfo.Types.Type.Docker, Docker: { } docker } => FromDocker(docker, container.NetworkInfos),
            _ => FromNames(container.NetworkInfos),
        };
        if (request is not null)
        {
            CheckPorts(request, resources);
        }

        return request;
    }

    private static NetworkRequest? FromNames(IReadOnlyList<NetworkInfo> networks)
    {
        var named = networks.Where(static network => network.HasName && network.Name.Length > 0).ToArray();
        if (networks.FirstOrDefault(static network => network.Name.Length == 0 && network.PortMappings.Count > 0) is not null)
        {
            throw Impossible("Ports are mapped into a named network only: on the host's network the task has the host port itself");
        }

        if (named.Length == 0)
        {
            return null;
        }

        return named.Length == networks.Count
            ? new NetworkRequest(named)
            : throw Impossible("A container is on the host's network (a network_info without a name) or on named ones, not on both");
    }

    private static NetworkRequest? FromDocker(Docker docker, IReadOnlyList<NetworkInfo> networks)
    {
        if (docker.PortMappings.Count > 0 && docker.Network is not (Docker.Types.Network.Bridge or Docker.Types.Network.User))
        {
            throw Impossible($"Docker network {docker.Network} has no port mappings: they are for BRIDGE and USER");
        }

        switch (docker.Network)
        {
            case Docker.Types.Network.None:
                return new NetworkRequest([]);
            case Docker.Types.Network.Bridge:
                return new NetworkRequest([Mapped(new NetworkInfo { Name = NetworkOptions.DefaultBridgeNetwork }, docker)]);
            case Docker.Types.Network.User:
                return networks.Count == 1 && networks[0].Name.Length > 0
                    ? new NetworkRequest([Mapped(networks[0].Clone(), docker)])
                    : throw Impossible("Docker network USER needs exactly one network_info, with the network's name");
            default:
                return null;
        }
    }

    private static NetworkInfo Mapped(NetworkInfo network, Docker docker)
    {
        network.PortMappings.AddRange(docker.PortMappings.Select(static mapping =>
        {
            var mapped = new NetworkInfo.Types.PortMapping { HostPort = mapping.HostPort, ContainerPort = mapping.ContainerPort };
            if (mapping.HasProtocol)
            {
                mapped.Protocol = mapping.Protocol;
            }

            return mapped;
        }));
        return network;
    }

    // A mapped host port catches what comes for it, whoever listens there: it must be the task's own.
    private static void CheckPorts(NetworkRequest request, IEnumerable<Resource> resources)
    {
        var mappings = request.Networks.SelectMany(static network => network.PortMappings).ToArray();
        if (mappings.Length == 0)
        {
            return;
        }

        var own = ResourceSet.FromWire(resources);
        foreach (var mapping in mappings)
        {
            if (mapping.HostPort is 0 or > HighestPort || mapping.ContainerPort is 0 or > HighestPort)
            {
                throw Impossible($"Host port {mapping.HostPort} mapped to container port {mapping.ContainerPort}: ports are from 1 to {HighestPort}");
            }

            if (!own.Ranges("ports").Contains(mapping.HostPort))
            {
                throw Impossible($"Host port {mapping.HostPort} is mapped and is not among the task's own ports");
            }
        }
    }

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
