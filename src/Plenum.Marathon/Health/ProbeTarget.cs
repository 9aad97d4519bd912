using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>Where a probe of the orchestrator reaches an instance.</summary>
internal static class ProbeTarget
{
    /// <summary>By the check's own port, or the definition's port of its index (0 when it names neither).</summary>
    public static (string Host, int Port) For(AppDefinition app, Instance instance, HealthCheck check)
    {
        if (check.Port is { } fixedPort)
        {
            return (HostOf(instance), fixedPort);
        }

        return AtIndex(app, instance, check.PortIndex ?? 0);
    }

    public static (string Host, int Port) ForPortName(AppDefinition app, Instance instance, string name)
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

        if (app.PortMappings[index].HostPort is null && !instance.Addresses.IsEmpty)
        {
            return (instance.Addresses[0].Address, app.PortMappings[index].ContainerPort);
        }

        // Host ports are kept in definition order, without the mappings that have none.
        var hostIndex = app.PortMappings.Take(index).Count(mapping => mapping.HostPort is not null);
        return (HostOf(instance), hostIndex < instance.HostPorts.Length ? instance.HostPorts[hostIndex] : 0);
    }

    private static string HostOf(Instance instance) => instance.Place?.Ip ?? instance.Place?.Host ?? "";
}
