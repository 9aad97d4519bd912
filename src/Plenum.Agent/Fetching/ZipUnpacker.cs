using System.IO.Compression;

namespace Plenum.Agent.Fetching;

/// <summary>Unpacks zip files into an empty directory; a link in one becomes a file with its target's name in it.</summary>
internal static class ZipUnpacker
{
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;
    private const int ModeShift = 16;

    /// <summary>Each is some hundred bytes in memory before the first is unpacked; the largest known packages have a tenth.</summary>
    private const int MaxEntries = 1_000_000;

    /// <exception cref="IOException">An entry leads out of the directory, or it is too large, or the disk refuses.</exception>
    /// <exception cref="InvalidDataException">It is no zip file.</exception>
    public static async System.Threading.Tasks.Task UnpackAsync(
        FileStream archive, string directory, long maxBytes, DiskAllowance allowance, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(archive, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        if (zip.Entries.Count > MaxEntries)
        {
            throw new IOException($"it has more than {MaxEntries} entries");
        }

        var root = Path.GetFullPath(directory);
        var left = maxBytes;
        foreach (var entry in zip.Entries)
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
