using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Checkpointing;

/// <summary>
/// The agent's memory on its own disk: one small file a record below <c>meta/records</c>. A write goes
/// to a file beside it, is flushed, renamed over the old one, and the directory is flushed, so that a
/// reader finds the old record or the new one and never half of one. Records that fail their checksum
/// all the same (a torn disk, a hand) are put below <c>meta/quarantine</c>.
/// </summary>
internal sealed partial class CheckpointStore : IDisposable
{
    private const string Suffix = ".rec";
    private const string Unfinished = ".new";

    /// <summary>File systems allow 255 bytes; the suffixes and some air are kept free.</summary>
    private const int MaximumNameLength = 200;

    /// <summary>
    /// Before the reserve is taken, or emptied into files: what others need to go on is not taken from them for it, and a disk
    /// about to be full again is left alone.
    /// </summary>
    private const long RoomForReserve = 2 * CheckpointReserve.Bytes;

    private readonly string _meta;
    private readonly string _records;
    private readonly string _quarantine;
    private readonly CheckpointReserve _reserve;
    private readonly CheckpointFormat _format;
    private readonly FileStream _lock;
    private readonly CheckpointDisk _disk;
    private readonly ILogger _logger;
    private volatile bool _isFull;

    private CheckpointStore(string workDirectory, FileStream exclusive, CheckpointDisk disk, ILogger logger)
    {
        _disk = disk;
        _meta = Path.Combine(workDirectory, "meta");
        _records = Path.Combine(_meta, "records");
        _quarantine = Path.Combine(_meta, "quarantine");
        _reserve = new CheckpointReserve(Path.Combine(_meta, "reserve"), disk);
        _format = new CheckpointFormat(Path.Combine(_meta, "format"), disk, logger);
        _lock = exclusive;
        _logger = logger;
    }

    /// <summary>The disk had no room for a record, and has not had any since: nothing new should start here.</summary>
    public bool DiskFull => _isFull;

    public string QuarantineDirectory => _quarantine;

    /// <summary>Opens the store and holds it against every other agent on the same directory.</summary>
    /// <exception cref="AgentStartException">Another agent holds it, or the directory cannot be used.</exception>
    public static CheckpointStore Open(string workDirectory, ILogger logger) => Open(workDirectory, new CheckpointDisk(), logger);

    internal static CheckpointStore Open(string workDirectory, CheckpointDisk disk, ILogger logger)
    {
        try
        {
            var meta = Path.Combine(workDirectory, "meta");
            Directory.CreateDirectory(workDirectory);
            disk.MakeDirectory(meta);
            var exclusive = Exclusive(workDirectory, meta);
            var store = new CheckpointStore(workDirectory, exclusive, disk, logger);
            try
            {
                store._format.RefuseNewer(workDirectory);
                store.Furnish(workDirectory);
            }
            catch
            {
                store.Dispose();
                throw;
            }

            return store;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AgentStartException($"The work directory '{workDirectory}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Everything that was recorded. Damaged records are moved away and their keys told.</summary>
    public CheckpointContents Load()
    {
        var records = new List<KeyValuePair<string, byte[]>>();
        var corrupt = new List<string>();
        foreach (var path in Directory.EnumerateFiles(_records, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray())
        {
            if (path.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                // The agent died before the rename: as if it had never been written.
                File.Delete(path);
                continue;
            }

            if (CheckpointFile.TryDecode(File.ReadAllBytes(path), out var key, out var value) && PathOf(key) == path)
            {
                records.Add(new(key, value));
                continue;
            }

            Log.Quarantined(_logger, path, _quarantine);
            MoveToQuarantine(path);
            if (KeyOf(path) is { } named)
            {
                corrupt.Add(named);
            }
        }

        return new CheckpointContents(WithReserve(records, corrupt), corrupt);
    }

    /// <summary>
    /// Makes changes durable; a null value deletes. When it returns, all of them survive a crash. The
    /// last change of a key wins, the order between keys is not kept.
    /// </summary>
    /// <exception cref="IOException">The disk refused, and the reserve is full or was never there. Nothing is lost by trying again.</exception>
    public void Commit(IReadOnlyDictionary<string, byte[]?> changes)
    {
        if (_isFull && HasRoom() && TryLeaveReserve(changes))
        {
            return;
        }

        IOException? refusal = null;
        if (!_reserve.IsUsed)
        {
            try
            {
                Write(changes);
                return;
            }
            catch (IOException exception)
            {
                refusal = exception;
                NoteFull(exception);
            }
        }

        // A reserve that is full is emptied into whatever room there is.
        if (!_reserve.TryAdd(changes) && !(_reserve.IsUsed && TryLeaveReserve(changes)))
        {
            throw new IOException("The disk has no room for checkpoints, and the reserve kept for that has none either", refusal);
        }
    }

    /// <summary>Keeps a record that is sound as a file but makes no sense to the book.</summary>
    public void Quarantine(string key)
    {
        var path = PathOf(key);
        if (File.Exists(path))
        {
            Log.Quarantined(_logger, path, _quarantine);
            MoveToQuarantine(path);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Exclusive(string workDirectory, string meta)
    {
        try
        {
            // Goes with the process, however that ends.
            return new FileStream(Path.Combine(meta, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new AgentStartException(
                $"Another agent runs on the work directory '{workDirectory}'. Stop it, or give this one a directory of its own.",
                exception);
        }
    }

    private void Furnish(string workDirectory)
    {
        _disk.MakeDirectory(_records);
        _disk.MakeDirectory(_quarantine);
        _format.Note();
        // A record is as durable as the directories on the way to it.
        _disk.FlushNames(workDirectory);
        _disk.FlushNames(_meta);
        TakeReserve();
    }

    // Data first, all of it, then the names: the first flush carries most of the others' data with it.
    private void Write(IReadOnlyDictionary<string, byte[]?> changes)
    {
        var directories = new HashSet<string>(StringComparer.Ordinal);
        var written = new List<string>();
        foreach (var (key, value) in changes)
        {
            var path = PathOf(key);
            var directory = Path.GetDirectoryName(path)!;
            if (value is null)
            {
                if (File.Exists(path))
                {
                    _disk.Delete(path);
                    directories.Add(directory);
                }

                continue;
            }

            MakeDirectory(directory, directories);
            directories.Add(directory);
            _disk.Write(path + Unfinished, CheckpointFile.Encode(key, value));
            written.Add(path);
        }

        foreach (var path in written)
        {
            _disk.Rename(path + Unfinished, path);
        }

        foreach (var directory in directories)
        {
            _disk.FlushNames(directory);
        }
    }

    // Each level's name is in the level above it, and a power cut may take any that was not flushed.
    private void MakeDirectory(string directory, HashSet<string> unflushed)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(directory)!;
        MakeDirectory(parent, unflushed);
        _disk.MakeDirectory(directory);
        unflushed.Add(parent);
    }

    // What the reserve has is newer than any file.
    private List<KeyValuePair<string, byte[]>> WithReserve(List<KeyValuePair<string, byte[]>> records, List<string> corrupt)
    {
        _reserve.Load();
        if (!_reserve.IsUsed)
        {
            return records;
        }

        _isFull = true;
        var all = records.ToDictionary(StringComparer.Ordinal);
        foreach (var (key, value) in _reserve.Pending)
        {
            corrupt.Remove(key);
            all.Remove(key);
            if (value is not null)
            {
                all.Add(key, value);
            }
        }

        return [.. all.OrderBy(static record => record.Key, StringComparer.Ordinal)];
    }

    private void NoteFull(IOException exception)
    {
        if (!_isFull)
        {
            Log.DiskRefused(_logger, exception);
            _isFull = true;
        }
    }

    private bool HasRoom() =>
        new DriveInfo(_meta).AvailableFreeSpace >= (_reserve.Exists ? CheckpointReserve.Bytes : RoomForReserve);

    /// <summary>
    /// True when the disk takes files again: the changes have theirs, and so has all that is in the reserve. It is emptied last,
    /// as what is in it counts before the files.
    /// </summary>
    private bool TryLeaveReserve(IReadOnlyDictionary<string, byte[]?> changes)
    {
        try
        {
            var all = new Dictionary<string, byte[]?>(_reserve.Pending, StringComparer.Ordinal);
            foreach (var (key, value) in changes)
            {
                all[key] = value;
            }

            Write(all);
            if (_reserve.IsUsed)
            {
                _reserve.Empty();
            }

            _reserve.Take();
            _isFull = false;
            Log.DiskTakes(_logger);
            return true;
        }
        catch (IOException exception)
        {
            // Said when it began; the next change tries again.
            Log.StillRefused(_logger, exception);
            return false;
        }
    }

    private void TakeReserve()
    {
        try
        {
            _reserve.Take();
        }
        catch (IOException exception)
        {
            _isFull = true;
            Log.NoReserve(_logger, exception);
        }
    }

    private void MoveToQuarantine(string path)
    {
        try
        {
            File.Move(path, QuarantinePlace(path));
        }
        catch (IOException exception)
        {
            // On a full disk. It stays where it is and is found there at the next start.
            Log.NotQuarantined(_logger, path, exception);
        }
    }

    private string QuarantinePlace(string path)
    {
        var name = Path.GetRelativePath(_records, path).Replace('/', '_');
        name = name.Length > MaximumNameLength ? Digest(name) : name;
        var target = Path.Combine(_quarantine, name);
        for (var copy = 1; File.Exists(target); copy++)
        {
            target = Path.Combine(_quarantine, $"{name}.{copy}");
        }

        return target;
    }

    private string PathOf(string key)
    {
        var parts = key.Split('/').Select(static part => part.Length > MaximumNameLength ? "~" + Digest(part) : part);
        return Path.Combine(_records, Path.Combine([.. parts])) + Suffix;
    }

    /// <summary>The key that a file's name spells, null when it is only a digest of one.</summary>
    private string? KeyOf(string path)
    {
        var relative = Path.GetRelativePath(_records, path);
        return relative.EndsWith(Suffix, StringComparison.Ordinal) && !relative.Contains('~', StringComparison.Ordinal)
            ? relative[..^Suffix.Length]
            : null;
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static partial class Log
    {
        [LoggerMessage(5, LogLevel.Information, "The disk takes checkpoints again")]
        public static partial void DiskTakes(ILogger logger);

        [LoggerMessage(7, LogLevel.Debug, "The disk still refuses checkpoints")]
        public static partial void StillRefused(ILogger logger, Exception exception);

        [LoggerMessage(6, LogLevel.Error, "Checkpoint {Path} cannot be put into quarantine and stays where it is")]
        public static partial void NotQuarantined(ILogger logger, string path, Exception exception);

        [LoggerMessage(1, LogLevel.Error, "Checkpoint {Path} is unreadable: put into {Quarantine}")]
        public static partial void Quarantined(ILogger logger, string path, string quarantine);

        [LoggerMessage(2, LogLevel.Error, "The disk refuses checkpoints: they go into the reserve, and nothing new starts here until there is room again")]
        public static partial void DiskRefused(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "The disk has no room for the checkpoint reserve")]
        public static partial void NoReserve(ILogger logger, Exception exception);
    }
}
