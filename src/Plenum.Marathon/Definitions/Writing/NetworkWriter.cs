using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class NetworkWriter
{
    public static void WriteNetworks(Utf8JsonWriter writer, ValueList<Network> networks)
    {
        writer.WriteStartArray("networks");
        foreach (var network in networks)
        {
            writer.WriteStartObject();
            writer.WriteString("mode", WireNames.NetworkModes.Of(network.Mode));
            writer.WriteOptional("name", network.Name);
            if (!network.Labels.IsEmpty)
            {
                writer.WriteMap("labels", network.Labels);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WritePortDefinitions(Utf8JsonWriter writer, ValueList<PortDefinition> definitions)
    {
        writer.WriteStartArray("portDefinitions");
        foreach (var definition in definitions)
        {
            writer.WriteStartObject();
            writer.WriteNumber("port", definition.Port);
            writer.WriteString("protocol", WireNames.PortProtocols.Of(definition.Protocol));
            writer.WriteOptional("name", definition.Name);
            writer.WriteMap("labels", definition.Labels);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WritePortMappings(Utf8JsonWriter writer, ValueList<PortMapping> mappings)
    {
        writer.WriteStartArray("portMappings");
        foreach (var mapping in mappings)
        {
            writer.WriteStartObject();
            writer.WriteNumber("containerPort", mapping.ContainerPort);
            if (mapping.HostPort is { } hostPort)
            {
                writer.WriteNumber("hostPort", hostPort);
            }

            writer.WriteNumber("servicePort", mapping.ServicePort);
            writer.WriteString("protocol", WireNames.PortProtocols.Of(mapping.Protocol));
            writer.WriteOptional("name", mapping.Name);
            writer.WriteMap("labels", mapping.Labels);
            writer.WriteTexts("networkNames", mapping.NetworkNames, omitEmpty: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
