using System.IO.Compression;
using Plenum.Agent.Sandboxes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Fetching;

/// <summary>Unpacks archives into a sandbox; no entry gets out of it, and all together take no more than they may.</summary>
internal static class ArchiveExtractor
{
    /// <param name="archive">Read from its beginning; the caller closes it.</param>
    /// <param name="unpackedName">Of the one file in a .gz.</param>
    /// <param name="maxBytes">Of what comes out of it.</param>
    public static async Task ExtractAsync(
        ArchiveKind kind,
        FileStream archive,
        string directory,
        string unpackedName,
        long maxBytes,
        DiskAllowance allowance,
        CancellationToken cancellationToken)
    {
        if (kind == ArchiveKind.Gzip)
        {
            await using var source = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
            await using var target = SandboxFile.Create(directory, unpackedName);
            await BoundedCopy.CopyAsync(source, target, maxBytes, allowance, cancellationToken);
            return;
        }
        // An earlier archive may have left a link to somewhere on the machine, and unpacking would write through
        // it. In an empty directory there is none, and moving the result never follows one.
        var staging = Path.Join(directory, $".fetch-{Guid.NewGuid():N}");
        Directory.CreateDirectory(staging);
        try
        {
            if (kind == ArchiveKind.Zip)
            {
                await ZipUnpacker.UnpackAsync(archive, staging, maxBytes, allowance, cancellationToken);
            }
            else
            {
                // GNU tar refuses "..", strips leading slashes and does not write through a link of the same archive.
                // Owners are the agent's affair: it gives the sandbox to the task's user afterwards.
                await TarUnpacker.UnpackAsync(archive, staging, ["--no-same-owner"], maxBytes, allowance, cancellationToken);
            }
            RefuseSpecialFiles(staging);
            TreeMerge.Move(staging, directory);
        }
        finally
        {
            TreeRemoval.Remove(staging);
        }
    }

    /// <summary>
    /// The agent unpacks as root, which may make devices, and gives them to the task's user afterwards: the machine's
    /// disk under a name in the sandbox. A pipe stops whoever reads a sandbox to keep a copy.
    /// </summary>
    private static void RefuseSpecialFiles(string staging)
    {
        using var tree = new RealTree(staging);
        while (tree.Next())
        {
            if (tree.Entry is { IsDirectory: false, IsRegular: false, IsLink: false })
            {
                throw new IOException($"'{tree.PathText}' in it is a device, pipe or socket");
            }
        }
    }
}
