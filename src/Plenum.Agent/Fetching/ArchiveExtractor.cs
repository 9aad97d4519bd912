using System.IO.Compression;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Plenum.Http.Files;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Fetching;

/// <summary>Unpacks archives into a sandbox; no entry gets out of it.</summary>
internal static class ArchiveExtractor
{
    public static async Task ExtractAsync(
        ArchiveKind kind, string archive, string directory, string unpackedName, long maxBytes, CancellationToken cancellationToken)
    {
        if (kind == ArchiveKind.Gzip)
        {
            await using var source = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
            await using var target = SandboxFile.Create(directory, unpackedName);
            await BoundedCopy.CopyAsync(source, target, maxBytes, cancellationToken);
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
                // .NET refuses entries that lead out of the directory.
                await ZipFile.ExtractToDirectoryAsync(archive, staging, overwriteFiles: true, cancellationToken);
            }
            else
            {
                // GNU tar refuses "..", strips leading slashes and does not write through a link of the same archive.
                // Owners are the agent's affair: it gives the sandbox to the task's user afterwards.
                var (exitCode, message) = await HostTool.RunAsync(
                    "tar", ["--extract", "--file", archive, "--directory", staging, "--no-same-owner"], cancellationToken);
                if (exitCode != 0)
                {
                    throw new IOException($"it cannot be unpacked: {message}");
                }
            }
            RefuseSpecialFiles(staging);
            Merge(staging, directory);
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>
    /// The agent unpacks as root, which may make devices, and gives them to the task's user afterwards: the machine's
    /// disk under a name in the sandbox. A pipe stops whoever reads a sandbox to keep a copy.
    /// </summary>
    private static void RefuseSpecialFiles(string staging)
    {
        foreach (var entry in RealTree.Below(staging))
        {
            if (FileStatus.Of(entry) is { IsDirectory: false, IsRegular: false, IsLink: false })
            {
                throw new IOException($"'{Path.GetRelativePath(staging, entry)}' in it is a device, pipe or socket");
            }
        }
    }

    private static void Merge(string from, string into)
    {
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
        {
            var target = Path.Join(into, entry.Name);
            if (IsRealDirectory(entry.FullName) && IsRealDirectory(target))
            {
                Merge(entry.FullName, target);
                continue;
            }
            if (IsRealDirectory(target))
            {
                throw new IOException($"'{entry.Name}' is a directory in the sandbox already");
            }
            // Both work on a link itself, whatever it points to; a directory cannot replace a link in one step.
            File.Delete(target);
            NativeException.ThrowIfFailed(LibC.Rename(entry.FullName, target), $"place '{entry.Name}'");
        }
    }

    private static bool IsRealDirectory(string path)
    {
        var directory = new DirectoryInfo(path);
        return directory.Exists && directory.LinkTarget is null;
    }
}
