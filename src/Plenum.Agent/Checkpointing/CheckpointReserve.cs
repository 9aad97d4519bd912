using System.Buffers.Binary;

namespace Plenum.Agent.Checkpointing;

/// <summary>
/// Room for records on a disk that has none: a file whose blocks were taken while there was room. What a full disk refuses is
/// written into it, one change after the other, until the disk takes files again. Giving the room back instead would leave it
/// to whoever fills the disk. Its blocks are written over in place, so it survives what a file system survives; one that
/// writes every block anew (btrfs) may refuse all the same, and then the agent waits.
/// </summary>
/// <remarks>
/// An entry is its length (four bytes, little-endian, of all that follows), a byte that tells a write (1) from a deletion (0),
/// and a record as <see cref="CheckpointFile"/> has it, with its checksum. A length of 0 ends the entries; so does an entry that
/// was cut off. A reserve of earlier versions is all zeros: empty.
/// </remarks>
internal sealed class CheckpointReserve(string path, CheckpointDisk disk)
{
    /// <summary>Some thousand records fit: a day of acknowledgements and ends on a machine with hundreds of tasks.</summary>
    public const int Bytes = 16 * 1024 * 1024;

    private const int LengthBytes = sizeof(int);
    private const byte Written = 1;

    private readonly Dictionary<string, byte[]?> _pending = new(StringComparer.Ordinal);
    private long _end;

    /// <summary>The last change of each key that no file of its own has yet; null is a deletion.</summary>
    public IReadOnlyDictionary<string, byte[]?> Pending => _pending;

    /// <summary>It holds changes.</summary>
    public bool IsUsed => _end > 0;

    /// <summary>The room was taken.</summary>
    public bool Exists => File.Exists(path);

    /// <summary>Takes the room, where it is not taken.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public void Take()
    {
        if (Exists)
        {
            return;
        }

        // By another name until it is whole: half of it would look like all of it, also after a power cut.
        var unfinished = path + ".new";
        try
        {
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(new byte[Bytes]);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path);
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
        }
        catch (IOException)
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>What an earlier agent left in it.</summary>
    public void Load()
    {
        _pending.Clear();
        _end = 0;
        if (!Exists)
        {
            return;
        }

        using var file = File.OpenRead(path);
        var header = new byte[LengthBytes];
        while (file.ReadAtLeast(header, LengthBytes, throwOnEndOfStream: false) == LengthBytes
            && BinaryPrimitives.ReadInt32LittleEndian(header) is > 1 and var length
            && length <= file.Length - file.Position)
        {
            var entry = new byte[length];
            file.ReadExactly(entry);
            if (!CheckpointFile.TryDecode(entry.AsSpan(1), out var key, out var value))
            {
                break;
            }

            _pending[key] = entry[0] == Written ? value : null;
            _end = file.Position;
        }
    }

    /// <summary>Adds changes; they are durable on return. False: they do not fit.</summary>
    /// <exception cref="IOException">The disk refuses even that.</exception>
    public bool TryAdd(IReadOnlyDictionary<string, byte[]?> changes)
    {
        using var entries = new MemoryStream();
        var header = new byte[LengthBytes];
        foreach (var (key, value) in changes)
        {
            var record = CheckpointFile.Encode(key, value ?? []);
            BinaryPrimitives.WriteInt32LittleEndian(header, record.Length + 1);
            entries.Write(header);
            entries.WriteByte(value is null ? (byte)0 : Written);
            entries.Write(record);
        }

        var end = _end + entries.Length;
        // What lies behind may be of an earlier time, and must not be read on to.
        entries.Write(stackalloc byte[LengthBytes]);
        if (!Exists || _end + entries.Length > new FileInfo(path).Length)
        {
            return false;
        }

        disk.Overwrite(path, _end, entries.ToArray());
        _end = end;
        foreach (var (key, value) in changes)
        {
            _pending[key] = value;
        }

        return true;
    }

    /// <summary>Every change has its file now.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Empty()
    {
        disk.Overwrite(path, 0, stackalloc byte[LengthBytes]);
        _pending.Clear();
        _end = 0;
    }
}
