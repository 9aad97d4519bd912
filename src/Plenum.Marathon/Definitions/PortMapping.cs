namespace Plenum.Marathon.Definitions;

/// <summary>
/// A port of an app with a network of its own. Without a host port (container mode) nothing listens on the agent;
/// host port 0 is any free one; container port 0 copies the host port.
/// </summary>
internal sealed record PortMapping(int ContainerPort)
{
    public int? HostPort { get; init; }

    public int ServicePort { get; init; }

    public PortProtocol Protocol { get; init; }

    public string? Name { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    public ValueList<string> NetworkNames { get; init; } = [];
}
