using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Images;

/// <summary>Unpacks one layer of an image into a directory that overlayfs can use as it is.</summary>
internal static class LayerUnpacker
{
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueMarker = ".wh..wh..opq";

    /// <summary>GNU tar restores owners, links, devices and attributes, and lets no entry out of the directory.</summary>
    public static async Task UnpackAsync(string archive, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var (exitCode, message) = await HostTool.RunAsync(
            "tar",
            [
                "--extract", "--file", archive, "--directory", directory, "--numeric-owner", "--preserve-permissions",
                "--same-owner", "--xattrs", "--xattrs-include=*", "--delay-directory-restore",
            ],
            cancellationToken);
        if (exitCode != 0)
        {
            throw new IOException($"a layer cannot be unpacked: {message}");
        }
        ConvertWhiteouts(directory);
    }

    /// <summary>
    /// An image marks what a layer removes by a file ".wh.NAME", overlayfs by a character device 0/0 named NAME;
    /// a directory that hides all below it is marked by a file or by an attribute.
    /// </summary>
    public static void ConvertWhiteouts(string directory)
    {
        // Collected before the first one is removed: a directory that changes while it is read may show a name twice.
        var markers = RealTree.Below(directory)
            .Where(static entry => Path.GetFileName(entry).StartsWith(WhiteoutPrefix, StringComparison.Ordinal) && !RealTree.IsDirectory(entry))
            .ToArray();
        foreach (var marker in markers)
        {
            var parent = Path.GetDirectoryName(marker)!;
            var name = Path.GetFileName(marker);
            File.Delete(marker);
            if (name == OpaqueMarker)
            {
                NativeException.ThrowIfFailed(
                    LibC.SetAttribute(parent, "trusted.overlay.opaque", "y"u8, 1, 0), "mark an opaque directory");
            }
            else if (!name.StartsWith(WhiteoutPrefix + WhiteoutPrefix, StringComparison.Ordinal))
            {
                NativeException.ThrowIfFailed(
                    LibC.MakeNode(Path.Join(parent, name[WhiteoutPrefix.Length..]), LibC.CharacterDevice, 0), "mark a removed file");
            }
        }
    }
}
