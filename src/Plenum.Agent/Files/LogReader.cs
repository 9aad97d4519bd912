using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Containers.Logs;
using Plenum.Http.Files;

namespace Plenum.Agent.Files;

/// <summary>
/// Reads a log by positions in all that was ever written to it, which stay what they are when the file is cut: its
/// beginning, the pieces set aside and the file itself are one. Of what went, the next that is left is read.
/// </summary>
internal sealed class LogReader(Func<CancellationToken, ValueTask<IFileTree>> tree, string path)
{
    /// <summary>More pieces than any agent keeps; a task can make files of these names.</summary>
    private const int MaximumPieces = 16;

    /// <summary>
    /// Bytes from a position on, or from the next that is left. A position beyond the end means that the task itself
    /// emptied the file: then what is in it now. Null when there is no such file.
    /// </summary>
    public Task<LogPiece?> ReadAsync(long position, int length, CancellationToken cancellationToken) => WithPartsAsync(
        parts =>
        {
            var end = parts[^1].End;
            var from = position > end ? parts[^1].Start : position;
            var first = parts.FindIndex(part => part.End > from);
            if (first < 0)
            {
                return new LogPiece(end, end, default);
            }

            from = Math.Max(from, parts[first].Start);
            var data = new byte[length];
            var read = 0;
            foreach (var part in parts.Skip(first))
            {
                var at = from + read;
                if (read == length || part.Start > at)
                {
                    break;
                }

                read += part.Read(at, data.AsSpan(read));
            }

            return new LogPiece(from, end, data.AsMemory(0, read));
        },
        cancellationToken);

    /// <summary>Bytes up to a position, or up to the next before it that is left; without data where nothing is before it.</summary>
    public Task<LogPiece?> BeforeAsync(long position, int length, CancellationToken cancellationToken) => WithPartsAsync(
        parts =>
        {
            var end = parts[^1].End;
            if (parts.Where(part => part.Start < position).MaxBy(part => Math.Min(part.End, position)) is not { } part)
            {
                return new LogPiece(parts[0].Start, end, default);
            }

            var to = Math.Min(part.End, position);
            var from = Math.Max(part.Start, to - length);
            var data = new byte[to - from];
            return new LogPiece(from, end, data.AsMemory(0, part.Read(from, data)));
        },
        cancellationToken);

    /// <summary>Listens for the next write into it; null when there is no such file or it cannot be watched.</summary>
    public async Task<LogWatch.Listener?> ListenAsync(LogWatch watch, CancellationToken cancellationToken)
    {
        using var log = Open(await tree(cancellationToken), path);
        return log is null ? null : watch.Listen(log);
    }

    private async Task<LogPiece?> WithPartsAsync(Func<List<Part>, LogPiece> read, CancellationToken cancellationToken)
    {
        var files = await tree(cancellationToken);
        var parts = new List<Part>();
        try
        {
            if (Open(files, path) is not { } log)
            {
                return null;
            }

            // No cut may move a part while the parts are looked at.
            lock (files.GuardOf(log))
            {
                var itself = new Part(log);
                parts.Add(itself);
                if (itself.Start > 0)
                {
                    AddOlder(files, parts);
                }

                parts.Sort(static (one, other) => one.Start.CompareTo(other.Start));
                if (parts[^1] != itself)
                {
                    // Of what a task put there nothing lies behind the log itself.
                    parts.RemoveAll(part => part.Start >= itself.Start && part != itself && part.Forget());
                }

                return read(parts);
            }
        }
        finally
        {
            parts.ForEach(static part => part.Forget());
        }
    }

    private void AddOlder(IFileTree files, List<Part> parts)
    {
        if (Open(files, path + LogFile.HeadSuffix) is { } head)
        {
            parts.Add(new Part(head));
        }

        for (var i = 1; i <= MaximumPieces && Open(files, $"{path}.{i}") is { } piece; i++)
        {
            parts.Add(new Part(piece));
        }
    }

    private static SafeFileHandle? Open(IFileTree files, string path) =>
        files.Resolve(path) is { } resolved ? files.Open(resolved) : null;

    private sealed class Part(SafeFileHandle file)
    {
        public long Start { get; } = LogMark.Of(file).Start;

        public long End { get; } = LogMark.Of(file).Start + RandomAccess.GetLength(file);

        public int Read(long position, Span<byte> data)
        {
            var wanted = data[..(int)Math.Clamp(End - position, 0, data.Length)];
            return wanted.IsEmpty ? 0 : RandomAccess.Read(file, wanted, position - Start);
        }

        public bool Forget()
        {
            file.Dispose();
            return true;
        }
    }
}
