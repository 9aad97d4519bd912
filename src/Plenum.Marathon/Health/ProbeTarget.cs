using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>Where a probe of the orchestrator reaches an instance.</summary>
internal static class ProbeTarget
{
    /// <summary>By the check's own port, or the definition's port of its index (0 when it names neither).</summary>
    public static (string Host, int Port) For(AppDefinition app, Instance instance, HealthCheck check)
    {
        if (check.Port is not { } port)
        {
            return AtIndex(app, instance, check.PortIndex ?? 0);
        }

        // A port of the container is reached through the host port it is mapped to, or at the container's address.
        if (!app.IsHostMode)
        {
            var index = instance.ContainerPorts.IndexOf(port);
            if (index >= 0 && app.PortMappings[index].HostPort is not null)
            {
                return AtIndex(app, instance, index);
            }
        }

        return (!app.IsHostMode && !app.IsBridgeMode ? AddressOf(instance) ?? HostOf(instance) : HostOf(instance), port);
    }

    public static (string Host, int Port) ForPortName(RunSpec spec, Instance instance, string name) => spec is PodDefinition pod
        ? ForEndpoint(pod, instance, name)
        : ForPortName((AppDefinition)spec, instance, name);

    /// <summary>The endpoint's host port, or where it has none the port at the pod's own address.</summary>
    private static (string Host, int Port) ForEndpoint(PodDefinition pod, Instance instance, string name)
    {
        var endpoints = pod.Endpoints.ToList();
        var index = Math.Max(0, endpoints.FindIndex(endpoint => endpoint.Name == name));
        if (index < endpoints.Count && (pod.IsHostMode || endpoints[index].HostPort is not null))
        {
            // Host ports are kept in definition order, without the endpoints that have none.
            var hostIndex = pod.IsHostMode ? index : endpoints.Take(index).Count(endpoint => endpoint.HostPort is not null);
            return (HostOf(instance), hostIndex < instance.HostPorts.Length ? instance.HostPorts[hostIndex] : 0);
        }

        return (AddressOf(instance) ?? HostOf(instance), index < instance.ContainerPorts.Length ? instance.ContainerPorts[index] : 0);
    }

    private static (string Host, int Port) ForPortName(AppDefinition app, Instance instance, string name)
    {
        var index = app.PortNames.ToList().IndexOf(name);
        return AtIndex(app, instance, Math.Max(0, index));
    }

    /// <summary>The host port, or where there is none the container's own address and port.</summary>
    private static (string Host, int Port) AtIndex(AppDefinition app, Instance instance, int index)
    {
        if (app.IsHostMode)
        {
            return (HostOf(instance), index < instance.HostPorts.Length ? instance.HostPorts[index] : 0);
        }

        if (index >= app.PortMappings.Count)
        {
            return (HostOf(instance), 0);
        }

        if (app.PortMappings[index].HostPort is null && AddressOf(instance) is { } address)
        {
            // A mapping of port 0 got its number when the instance was launched.
            return (address, index < instance.ContainerPorts.Length ? instance.ContainerPorts[index] : app.PortMappings[index].ContainerPort);
        }

        // Host ports are kept in definition order, without the mappings that have none.
        var hostIndex = app.PortMappings.Take(index).Count(mapping => mapping.HostPort is not null);
        return (HostOf(instance), hostIndex < instance.HostPorts.Length ? instance.HostPorts[hostIndex] : 0);
    }

    /// <summary>The older protocol where a container has both: that is what a check without a word on it has always used.</summary>
    private static string? AddressOf(Instance instance) =>
        instance.Addresses.OrderBy(address => address.IsIpv6).Select(address => address.Address).FirstOrDefault();

    private static string HostOf(Instance instance) => instance.Place?.Ip ?? instance.Place?.Host ?? "";
}
