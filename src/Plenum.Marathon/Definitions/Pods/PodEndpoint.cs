namespace Plenum.Marathon.Definitions;

/// <summary>
/// A port of a pod under a name. Without a host port (container mode) nothing listens on the agent; host port 0 is any
/// free one. In host mode there is no other port than the host's.
/// </summary>
internal sealed record PodEndpoint(string Name)
{
    public int? ContainerPort { get; init; }

    public int? HostPort { get; init; }

    /// <summary>Any words: discovery passes them on. Mappings know tcp and udp.</summary>
    public ValueList<string> Protocols { get; init; } = [];

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    public ValueList<string> NetworkNames { get; init; } = [];
}
