using System.Text.Json.Nodes;
using Plenum.Agent.Host;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Networking;

/// <summary>Ports of the machine that lead to a container, in the form of CNI's runtime configuration.</summary>
internal static class MappedPorts
{
    public static JsonArray Of(NetworkInfo network)
    {
        var mappings = new JsonArray();
        foreach (var mapping in network.PortMappings)
        {
            foreach (var protocol in (mapping.HasProtocol ? mapping.Protocol : "tcp").Split(',', StringSplitOptions.TrimEntries))
            {
                mappings.Add((JsonNode)new JsonObject
                {
                    ["hostPort"] = mapping.HostPort,
                    ["containerPort"] = mapping.ContainerPort,
                    ["protocol"] = protocol.ToLowerInvariant() is "tcp" or "udp"
                        ? protocol.ToLowerInvariant()
                        : throw new NetworkException($"a port is mapped for tcp or udp, not for '{protocol}'"),
                });
            }
        }

        return mappings;
    }

    // The mapping would win over the process that listens there, which would wonder where its callers are.
    public static void RefuseTaken(JsonArray mappings)
    {
        foreach (var mapping in mappings.OfType<JsonObject>())
        {
            var port = (int)mapping["hostPort"]!.GetValue<uint>();
            var protocol = mapping["protocol"]!.GetValue<string>();
            if (HostPorts.Occupant(port, protocol == "udp") is { } occupant)
            {
                throw new NetworkException($"the host port {port}/{protocol} cannot be mapped: {occupant} uses it");
            }
        }
    }

    public static bool IsTakenBy(JsonObject plugin) =>
        plugin["capabilities"] is JsonObject capabilities
        && capabilities["portMappings"] is JsonValue value && value.TryGetValue<bool>(out var takes) && takes;
}
