namespace Plenum.Marathon.Definitions;

/// <summary>Makes a canonical definition out of what a request says.</summary>
internal static class PodBuilder
{
    public static PodDefinition Build(PodUpdate update, DefinitionOptions options, string defaultRole)
    {
        var networks = update.Pod.Networks.IsEmpty ? [Network.Host] : update.Pod.Networks;
        var pod = update.Pod with
        {
            Role = update.Role ?? defaultRole,
            Networks = networks.Select(network => network is { Mode: NetworkMode.Container, Name: null }
                ? network with { Name = options.DefaultNetworkName }
                : network),
        };

        // A container network may do without a port on the agent; the host and the bridge cannot.
        if (pod.Networks[0].Mode != NetworkMode.Container)
        {
            pod = pod with { Containers = pod.Containers.Select(WithHostPorts) };
        }

        return pod with
        {
            UpgradeStrategy = update.Upgrade
                ?? (pod.IsDaemon ? UpgradeStrategy.Daemon : pod.IsResident ? UpgradeStrategy.Resident : UpgradeStrategy.Default),
            UnreachableStrategy = update.Unreachable
                ?? (pod.IsResident ? UnreachableStrategy.Disabled : UnreachableStrategy.Default),
        };
    }

    private static PodContainer WithHostPorts(PodContainer container) => container with
    {
        Endpoints = container.Endpoints.Select(endpoint => endpoint with { HostPort = endpoint.HostPort ?? 0 }),
    };
}
