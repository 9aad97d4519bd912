using System.Security.Cryptography;
using Plenum.Agent.Fetching;
using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Images;

/// <summary>Unpacks one layer of an image into a directory that overlayfs can use as it is.</summary>
internal static class LayerUnpacker
{
    private static ReadOnlySpan<byte> WhiteoutPrefix => ".wh."u8;

    private static ReadOnlySpan<byte> OpaqueMarker => ".wh..wh..opq"u8;

    /// <param name="allowance">What it may take.</param>
    /// <returns>The digest of the archive without its packing, which an image's configuration calls the layer's diff_id.</returns>
    public static async Task<string> UnpackAsync(string archive, string directory, DiskAllowance allowance, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await using var file = File.OpenRead(archive);
            await TarUnpacker.UnpackAsync(
                file,
                directory,
                ["--numeric-owner", "--preserve-permissions", "--same-owner", "--xattrs", "--xattrs-include=*", "--delay-directory-restore"],
                long.MaxValue,
                allowance,
                cancellationToken,
                digest);
        }
        catch (IOException failure)
        {
            throw new IOException($"of the layer {Path.GetFileName(archive)}: {failure.Message}", failure);
        }

        ConvertWhiteouts(directory);
        return $"sha256:{Convert.ToHexStringLower(digest.GetHashAndReset())}";
    }

    /// <summary>
    /// An image marks what a layer removes by a file ".wh.NAME", overlayfs by a character device 0/0 named NAME;
    /// a directory that hides all below it is marked by a file or by an attribute.
    /// </summary>
    public static unsafe void ConvertWhiteouts(string directory)
    {
        using var tree = new RealTree(directory);
        while (tree.Next())
        {
            if (tree.Entry.IsDirectory || !tree.NameBytes.StartsWith(WhiteoutPrefix))
            {
                continue;
            }

            // A name that is shown again after its removal, as a changing directory may, is passed over by the walk.
            var parent = tree.Directory;
            var name = tree.Name;
            if (tree.NameBytes.SequenceEqual(OpaqueMarker))
            {
                MakeOpaque(parent);
            }
            else if (!tree.NameBytes[WhiteoutPrefix.Length..].StartsWith(WhiteoutPrefix))
            {
                Hide(parent, name + WhiteoutPrefix.Length);
            }

            NativeException.ThrowIfFailed(LibC.RemoveAt(parent, name, 0), "remove a marker");
        }
    }

    private static unsafe void Hide(int directory, byte* name)
    {
        if (LibC.MakeNodeAt(directory, name, LibC.CharacterDevice, 0) == 0)
        {
            return;
        }

        // The layer removes what lower ones have under the name and brings its own: a file hides all below it by itself.
        if (LibC.LastError != LibC.ErrorExists)
        {
            throw NativeException.Last("mark a removed file");
        }

        var descriptor = LibC.OpenDirectoryAt(directory, name);
        if (descriptor >= 0)
        {
            using var owned = new OwnedFd(descriptor);
            MakeOpaque(descriptor);
        }
    }

    private static void MakeOpaque(int directory) => NativeException.ThrowIfFailed(
        LibC.SetAttribute(directory, "trusted.overlay.opaque", "y"u8, 1, 0), "mark an opaque directory");
}
