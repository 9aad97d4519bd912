using System.Text.Json;

namespace Plenum.Agent.Images;

/// <summary>Reads what skopeo left in an OCI layout.</summary>
/// <param name="Layers">Digests of the compressed layers, the lowest first.</param>
/// <param name="DiffIds">Digests of the same layers without their packing, as the configuration promises them.</param>
/// <param name="Config">How to run it.</param>
/// <param name="Descriptions">Digests of the manifest and of the configuration, which are blobs like the layers.</param>
internal sealed record ImageManifest(
    IReadOnlyList<string> Layers, IReadOnlyList<string> DiffIds, ImageConfig Config, IReadOnlyList<string> Descriptions)
{
    public static ImageManifest Read(string layout, string blobs)
    {
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Join(layout, "index.json")));
        var digest = index.RootElement.GetProperty("manifests")[0].GetProperty("digest").GetString()!;
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(BlobPath(blobs, digest)));
        var layers = manifest.RootElement.GetProperty("layers").EnumerateArray()
            .Select(static layer => layer.GetProperty("digest").GetString()!)
            .ToArray();
        var configDigest = manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!;
        using var config = JsonDocument.Parse(File.ReadAllBytes(BlobPath(blobs, configDigest)));
        var diffs = config.RootElement.TryGetProperty("rootfs", out var root) ? Strings(root, "diff_ids") : [];
        if (diffs.Length != layers.Length)
        {
            throw new JsonException($"its configuration names {diffs.Length} layers (diff_ids) and its manifest {layers.Length}");
        }

        var settings = config.RootElement.TryGetProperty("config", out var found) ? found : default;
        return new ImageManifest(
            layers,
            diffs,
            new ImageConfig(
                Strings(settings, "Entrypoint"),
                Strings(settings, "Cmd"),
                Strings(settings, "Env"),
                settings.ValueKind == JsonValueKind.Object
                    && settings.TryGetProperty("WorkingDir", out var directory)
                    && directory.GetString() is { Length: > 0 } path
                    ? path
                    : null),
            [digest, configDigest]);
    }

    /// <summary>A digest names a file, so its form is checked before it is used as one.</summary>
    public static string BlobPath(string blobs, string digest)
    {
        var parts = digest.Split(':');
        return parts.Length == 2 && parts[0] == "sha256" && parts[1].Length == 64 && parts[1].All(char.IsAsciiHexDigitLower)
            ? Path.Join(blobs, parts[0], parts[1])
            : throw new JsonException($"'{digest}' is no digest");
    }

    private static string[] Strings(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object
        && settings.TryGetProperty(name, out var list)
        && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(static item => item.GetString() ?? "")]
            : [];
}
