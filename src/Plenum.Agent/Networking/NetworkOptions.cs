namespace Plenum.Agent.Networking;

/// <summary>Where this agent's container networks come from.</summary>
internal sealed record NetworkOptions
{
    /// <summary>Marathon's default for what it calls the bridge (its flag mesos_bridge_name).</summary>
    public const string DefaultBridgeNetwork = "mesos-bridge";

    /// <summary>Configurations of networks (*.conf, *.json, *.conflist), read again whenever a container asks for one.</summary>
    public string ConfigurationDirectory { get; init; } = "/etc/plenum/cni";

    /// <summary>Where plugins are looked for, in this order. The first is Debian's place, the second upstream's.</summary>
    public IReadOnlyList<string> PluginDirectories { get; init; } = ["/usr/lib/cni", "/opt/cni/bin"];

    /// <summary>IPv4 network of the agent's own bridge, such as 172.31.254.0/24; null: a free one is chosen and kept.</summary>
    public string? BridgeSubnet { get; init; }

    /// <summary>
    /// IPv6 network of the bridge, such as fd00:1234::/64; null: none. It is asked for because the machine then forwards
    /// IPv6, and a machine that forwards ignores router advertisements, by which it may have its own route.
    /// </summary>
    public string? BridgeSubnet6 { get; init; }
}
