using Google.Protobuf;
using Plenum.Protocol.V1;
using FileInfo = Plenum.Protocol.V1.FileInfo;

namespace Plenum.Http.Files;

/// <summary>Lists and reads files for the v0 and v1 APIs.</summary>
public static class FileReader
{
    /// <summary>One answer is at most 16 pages (mesos.md 3.9); log viewers ask again from where it ended.</summary>
    public const int MaximumRead = 16 * 4096;

    /// <summary>Entries of one listing, more than any viewer shows; of a larger directory these are any, as the file system has them.</summary>
    private const int MaximumEntries = 10_000;

    private static readonly AccountNames Accounts = new();

    /// <summary>Null when there is no such file or directory.</summary>
    public static IReadOnlyList<(FileInfo Wire, FileStatus Status)>? List(IFileTree files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(path);
        if (files.Resolve(path) is not { } resolved || files.StatusOf(resolved) is not { } itself)
        {
            return null;
        }

        if (!itself.IsDirectory)
        {
            return [(Wire(path, itself), itself)];
        }

        using var directory = files.OpenDirectory(resolved);
        if (directory is null)
        {
            return null;
        }

        // What is open stays what it is, whatever its name leads to by now.
        var opened = $"/proc/self/fd/{directory.DangerousGetHandle()}";
        var entries = new List<(FileInfo, FileStatus)>();
        var prefix = path.TrimEnd('/');

        // Cut before they are put in order: a task may make millions of files.
        foreach (var entry in Directory.EnumerateFileSystemEntries(opened).Take(MaximumEntries).Order(StringComparer.Ordinal))
        {
            if (FileStatus.Of(entry) is { } status)
            {
                entries.Add((Wire($"{prefix}/{Path.GetFileName(entry)}", status), status));
            }
        }

        return entries;
    }

    /// <summary>The file itself, for a download; null when there is none.</summary>
    public static FileStream? Open(IFileTree files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Resolve(path) is { } resolved && files.Open(resolved) is { } handle
            ? new FileStream(handle, FileAccess.Read)
            : null;
    }

    public static bool IsDirectory(IFileTree files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Resolve(path) is { } resolved && files.StatusOf(resolved) is { IsDirectory: true };
    }

    /// <summary>A piece of a file; beyond its end the data is empty.</summary>
    public static FilePiece Read(IFileTree files, string path, long offset, long? length)
    {
        using var file = Open(files, path);
        if (file is null)
        {
            return new FilePiece(IsDirectory(files, path) ? FileOutcome.Directory : FileOutcome.Missing, 0, default);
        }

        // Size and data of one moment: a log that is cut from its front in between would have moved its end before the
        // offset, and the end would be missed.
        lock (files.GuardOf(file.SafeFileHandle))
        {
            var size = file.Length;
            var wanted = Math.Min(Math.Min(length is null or < 0 ? MaximumRead : length.Value, MaximumRead), Math.Max(0, size - offset));
            var data = new byte[wanted];
            file.Position = Math.Min(offset, size);
            var read = file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
            return new FilePiece(FileOutcome.Found, size, data.AsMemory(0, read));
        }
    }

    /// <summary>A piece as the operator APIs ask for it: unsigned numbers, no length for the rest.</summary>
    public static FilePiece Read(IFileTree files, string path, ulong offset, ulong? length) => Read(
        files, path, (long)Math.Min(offset, long.MaxValue), length is { } given ? (long)Math.Min(given, long.MaxValue) : null);

    public static ByteString Bytes(FilePiece piece) => ByteString.CopyFrom(piece.Data.Span);

    private static FileInfo Wire(string path, FileStatus status) => new()
    {
        Path = path,
        Nlink = (int)status.Links,
        Size = (ulong)status.Size,
        Mtime = new TimeInfo { Nanoseconds = (status.Modified - DateTimeOffset.UnixEpoch).Ticks * 100 },
        Mode = status.Mode,
        Uid = Accounts.User(status.User),
        Gid = Accounts.Group(status.Group),
    };
}
