using Plenum.Agent.Containers.Logs;
using Plenum.Protocol.V1;
using FileInfo = Plenum.Protocol.V1.FileInfo;

namespace Plenum.Agent.Files;

/// <summary>Lists and reads files below sandboxes for both APIs.</summary>
internal sealed class FileReader(SandboxFiles files)
{
    /// <summary>One answer is at most 16 pages (mesos.md 3.9); log viewers ask again from where it ended.</summary>
    public const int MaximumRead = 16 * 4096;

    /// <summary>Entries of one listing; a directory with more is cut, which no viewer shows anyway.</summary>
    private const int MaximumEntries = 10_000;

    private readonly AccountNames _accounts = new();

    /// <summary>Null when there is no such file or directory.</summary>
    public IReadOnlyList<(FileInfo Wire, FileStatus Status)>? List(string path, string? agent)
    {
        if (files.Resolve(path, agent) is not { } resolved)
        {
            return null;
        }

        if (!Directory.Exists(resolved))
        {
            return FileStatus.Of(resolved) is { } single ? [(Wire(path, single), single)] : null;
        }

        var entries = new List<(FileInfo, FileStatus)>();
        var prefix = path.TrimEnd('/');
        foreach (var entry in Directory.EnumerateFileSystemEntries(resolved).Order(StringComparer.Ordinal).Take(MaximumEntries))
        {
            if (FileStatus.Of(entry) is { } status)
            {
                entries.Add((Wire($"{prefix}/{Path.GetFileName(entry)}", status), status));
            }
        }

        return entries;
    }

    /// <summary>The file itself, for a download; null when there is none.</summary>
    public FileStream? Open(string path, string? agent) =>
        files.Resolve(path, agent) is { } resolved && files.Open(resolved) is { } handle
            ? new FileStream(handle, FileAccess.Read)
            : null;

    /// <summary>A piece of a file; beyond its end the data is empty. Null when there is no such file.</summary>
    public (long Size, byte[] Data)? Read(string path, string? agent, long offset, long? length)
    {
        using var file = Open(path, agent);
        if (file is null)
        {
            return null;
        }

        // Size and data of one moment: a log that is cut from its front in between would have moved its end before the
        // offset, and the end would be missed.
        lock (LogCuts.Of(file.SafeFileHandle))
        {
            var size = file.Length;
            var wanted = Math.Min(Math.Min(length is null or < 0 ? MaximumRead : length.Value, MaximumRead), Math.Max(0, size - offset));
            var data = new byte[wanted];
            file.Position = Math.Min(offset, size);
            var read = file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
            return (size, data[..read]);
        }
    }

    private FileInfo Wire(string path, FileStatus status) => new()
    {
        Path = path,
        Nlink = (int)status.Links,
        Size = (ulong)status.Size,
        Mtime = new TimeInfo { Nanoseconds = (status.Modified - DateTimeOffset.UnixEpoch).Ticks * 100 },
        Mode = status.Mode,
        Uid = _accounts.User(status.User),
        Gid = _accounts.Group(status.Group),
    };
}
