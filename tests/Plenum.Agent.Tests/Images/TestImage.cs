using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Agent.Tests.Images;

/// <summary>Makes small OCI layouts: busybox and whatever files a test wants, layer by layer.</summary>
internal static class TestImage
{
    public const string Busybox = "/bin/busybox";

    /// <summary>A layer with busybox under the names of the usual commands.</summary>
    public static void BusyboxLayer(TarWriter tar)
    {
        Add(tar, "bin", TarEntryType.Directory);
        tar.WriteEntry(Busybox, "bin/busybox");
        foreach (var name in (string[])["sh", "cat", "echo", "ls", "sleep", "env", "id", "pwd", "touch", "true", "readlink"])
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{name}") { LinkName = "busybox" });
        }
    }

    public static void Add(TarWriter tar, string name, TarEntryType type = TarEntryType.RegularFile, string content = "")
    {
        var entry = new PaxTarEntry(type, name) { Mode = (UnixFileMode)0b111_101_101 };
        if (type == TarEntryType.RegularFile)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }
        tar.WriteEntry(entry);
    }

    /// <summary>Writes the layout and returns its directory.</summary>
    public static string Create(string directory, JsonObject config, params Action<TarWriter>[] layers) =>
        Create(directory, config, Gzip, layers);

    /// <summary>As above, with layers packed in another way: the packed layer, and what its media type ends with.</summary>
    public static string Create(string directory, JsonObject config, Func<byte[], (byte[] Packed, string Suffix)> pack, params Action<TarWriter>[] layers)
    {
        var blobs = Directory.CreateDirectory(Path.Join(directory, "blobs", "sha256")).FullName;
        var descriptors = new JsonArray();
        var diffs = new JsonArray();
        foreach (var layer in layers)
        {
            var plain = new MemoryStream();
            using (var tar = new TarWriter(plain, leaveOpen: true))
            {
                layer(tar);
            }
            var (packed, suffix) = pack(plain.ToArray());
            descriptors.Add(Blob(blobs, packed, $"application/vnd.oci.image.layer.v1.tar{suffix}"));
            diffs.Add(Digest(plain.ToArray()));
        }
        var document = new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = config,
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffs },
        };
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Blob(blobs, Bytes(document), "application/vnd.oci.image.config.v1+json"),
            ["layers"] = descriptors,
        };
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["manifests"] = new JsonArray(Blob(blobs, Bytes(manifest), "application/vnd.oci.image.manifest.v1+json")),
        };
        File.WriteAllBytes(Path.Join(directory, "index.json"), Bytes(index));
        File.WriteAllText(Path.Join(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        return directory;
    }

    /// <summary>Lets a layout's configuration promise another content of its first layer.</summary>
    public static void PromiseOtherContent(string directory, string diff)
    {
        var blobs = Path.Join(directory, "blobs", "sha256");
        var index = Read(Path.Join(directory, "index.json"));
        var manifest = Read(Named(index["manifests"]![0]!));
        var document = Read(Named(manifest["config"]!));
        document["rootfs"]!["diff_ids"]![0] = diff;
        manifest["config"] = Blob(blobs, Bytes(document), "application/vnd.oci.image.config.v1+json");
        index["manifests"] = new JsonArray(Blob(blobs, Bytes(manifest), "application/vnd.oci.image.manifest.v1+json"));
        File.WriteAllBytes(Path.Join(directory, "index.json"), Bytes(index));

        string Named(JsonNode descriptor) => Path.Join(blobs, ((string)descriptor["digest"]!)["sha256:".Length..]);

        static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllBytes(file))!.AsObject();
    }

    private static (byte[] Packed, string Suffix) Gzip(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain);
        }
        return (packed.ToArray(), "+gzip");
    }

    private static JsonObject Blob(string blobs, byte[] content, string mediaType)
    {
        File.WriteAllBytes(Path.Join(blobs, Digest(content)["sha256:".Length..]), content);
        return new JsonObject { ["mediaType"] = mediaType, ["digest"] = Digest(content), ["size"] = content.Length };
    }

    private static byte[] Bytes(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json);

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
