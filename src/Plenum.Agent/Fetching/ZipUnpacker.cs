using System.IO.Compression;

namespace Plenum.Agent.Fetching;

/// <summary>Unpacks zip files into an empty directory; a link in one becomes a file with its target's name in it.</summary>
internal static class ZipUnpacker
{
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;
    private const int ModeShift = 16;

    /// <summary>
    /// Of the list of entries: 46 bytes and a name each, some hundred in memory before the first is unpacked. The largest
    /// known packages, of a hundred thousand files, have a third.
    /// </summary>
    internal const int MaxDirectoryBytes = 32 * 1024 * 1024;

    /// <exception cref="IOException">An entry leads out of the directory, or it is too large, or the disk refuses.</exception>
    /// <exception cref="InvalidDataException">It is no zip file.</exception>
    public static async System.Threading.Tasks.Task UnpackAsync(
        FileStream archive, string directory, long maxBytes, DiskAllowance allowance, CancellationToken cancellationToken)
    {
        await using var bound = new ZipDirectoryBound(archive, MaxDirectoryBytes);
        await using var zip = await ZipArchive.CreateAsync(bound, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        var entries = zip.Entries;
        bound.Lift();

        var root = Path.GetFullPath(directory);
        var left = maxBytes;
        foreach (var entry in entries)
        {
            // A zero ends a name for the kernel, and no file can have one; packers of other systems have written such.
            var name = entry.FullName.Replace('\0', '_');
            var path = Path.GetFullPath(Path.Join(root, name));
            if (Path.IsPathRooted(name) || (path != root && !path.StartsWith(root + "/", StringComparison.Ordinal)))
            {
                throw new IOException($"'{name}' in it leads out of the sandbox");
            }

            if (name.EndsWith('/'))
            {
                Directory.CreateDirectory(path);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var mode = (UnixFileMode)(entry.ExternalAttributes >> ModeShift) & Permissions;
            await using (var target = new FileStream(path, OptionsFor(mode)))
            await using (var source = await entry.OpenAsync(cancellationToken))
            {
                await BoundedCopy.CopyAsync(source, target, left, allowance, cancellationToken);
                left -= target.Length;
            }

            File.SetLastWriteTimeUtc(path, entry.LastWriteTime.UtcDateTime);
        }
    }

    // Packers of systems without permissions leave them out; then it gets the usual ones.
    private static FileStreamOptions OptionsFor(UnixFileMode mode) => new()
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        Options = FileOptions.Asynchronous,
        BufferSize = 0,
        UnixCreateMode = mode == UnixFileMode.None ? null : mode | UnixFileMode.UserWrite,
    };
}
