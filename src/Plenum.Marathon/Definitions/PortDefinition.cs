namespace Plenum.Marathon.Definitions;

/// <summary>
/// A port of a host mode app. The number is the service port, and with requirePorts the host port too; 0 asks for
/// a service port to be assigned.
/// </summary>
internal sealed record PortDefinition(int Port)
{
    public PortProtocol Protocol { get; init; }

    public string? Name { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;
}
