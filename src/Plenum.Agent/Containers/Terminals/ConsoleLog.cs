using System.Buffers.Binary;
using Plenum.Http.Files;

namespace Plenum.Agent.Containers.Terminals;

/// <summary>
/// conmon's log of a terminal, read from where the last reader stopped. conmon is there when no agent is, so this
/// file is what carries output over an agent's restart. Each line is "TIME stdout F|P BYTES": with P the line goes
/// on in the next one and its end is not part of the output.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    /// <summary>
    /// conmon begins a new file at this size. More than any terminal writes between two looks at it, and the bound of
    /// what is kept while no agent runs.
    /// </summary>
    public const long MaximumBytes = 8 * 1024 * 1024;

    /// <summary>conmon writes at most 8 KB of output a line, with some 50 bytes before it.</summary>
    private const int BufferBytes = 64 * 1024;

    private readonly string _path;
    private readonly FileStream _position;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private FileStream? _file;
    private ulong _inode;
    private long _offset;

    public ConsoleLog(BundleLayout bundle)
    {
        _path = bundle.ConsoleLog;
        _position = new FileStream(bundle.ConsolePosition, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Span<byte> saved = stackalloc byte[16];
        if (_position.ReadAtLeast(saved, saved.Length, throwOnEndOfStream: false) == saved.Length)
        {
            _inode = BinaryPrimitives.ReadUInt64LittleEndian(saved);
            _offset = BinaryPrimitives.ReadInt64LittleEndian(saved[8..]);
        }
    }

    /// <summary>Hands on all output that is there now.</summary>
    public void Read(Action<ReadOnlyMemory<byte>> output)
    {
        if (_file is null && !Open())
        {
            return;
        }

        // The rest of a file that conmon has put aside comes before the first of the new one.
        ReadFile(output);
        if (FileStatus.Of(_path)?.Inode is { } inode && inode != _inode)
        {
            ReadFile(output);
            _file!.Dispose();
            _file = null;
            if (Open())
            {
                ReadFile(output);
            }
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _position.Dispose();
    }

    private bool Open()
    {
        if (!File.Exists(_path))
        {
            return false;
        }

        _file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var inode = FileStatus.Of(_file.SafeFileHandle)?.Inode ?? 0;
        if (inode != _inode)
        {
            (_inode, _offset) = (inode, 0);
        }

        return true;
    }

    private void ReadFile(Action<ReadOnlyMemory<byte>> output)
    {
        while (true)
        {
            var count = RandomAccess.Read(_file!.SafeFileHandle, _buffer, _offset);
            var end = _buffer.AsSpan(0, count).LastIndexOf((byte)'\n') + 1;
            if (end == 0)
            {
                return;
            }

            for (var start = 0; start < end;)
            {
                var length = _buffer.AsSpan(start, end - start).IndexOf((byte)'\n') + 1;
                if (OutputOf(_buffer.AsMemory(start, length)) is { Length: > 0 } piece)
                {
                    output(piece);
                }

                start += length;
            }

            _offset += end;
            Save();
        }
    }

    /// <summary>After the output was handed on: what a crash in between repeats is at most one read.</summary>
    private void Save()
    {
        Span<byte> position = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(position, _inode);
        BinaryPrimitives.WriteInt64LittleEndian(position[8..], _offset);
        RandomAccess.Write(_position.SafeFileHandle, position, 0);
    }

    private static ReadOnlyMemory<byte> OutputOf(ReadOnlyMemory<byte> line)
    {
        var rest = line;
        for (var field = 0; field < 2; field++)
        {
            var space = rest.Span.IndexOf((byte)' ');
            if (space < 0)
            {
                return default;
            }

            rest = rest[(space + 1)..];
        }

        return rest.Span switch
        {
            [(byte)'F', (byte)' ', ..] => rest[2..],
            [(byte)'P', (byte)' ', ..] => rest[2..^1],
            _ => default,
        };
    }
}
