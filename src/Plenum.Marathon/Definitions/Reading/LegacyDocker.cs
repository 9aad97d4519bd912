namespace Plenum.Marathon.Definitions.Reading;

/// <summary>What <c>container.docker</c> said about networking before 1.5.</summary>
internal sealed record LegacyDocker(NetworkMode? Network, bool NamesNetwork, ValueList<PortMapping>? PortMappings);
