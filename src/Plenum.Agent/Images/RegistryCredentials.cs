using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Agent.Images;

/// <summary>Docker's config JSON, of an image or of the agent, as skopeo takes it.</summary>
internal static class RegistryCredentials
{
    private const string Entries = "auths";

    /// <summary>The older .dockercfg is the entries alone; the newer file has more in it than skopeo should see.</summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static byte[] Normalise(ReadOnlySpan<byte> config)
    {
        if (JsonNode.Parse(config) is not JsonObject root)
        {
            throw new JsonException("the credentials are no docker config");
        }

        var entries = root[Entries] as JsonObject ?? root;
        return entries.Count > 0 && entries.All(static entry => entry.Value is JsonObject)
            ? JsonSerializer.SerializeToUtf8Bytes(
                new JsonObject { [Entries] = entries.DeepClone() }, ImagesJson.Default.JsonObject)
            : throw new JsonException("the credentials are no docker config: there is no entry for a registry in them");
    }
}
