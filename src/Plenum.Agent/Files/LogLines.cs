namespace Plenum.Agent.Files;

/// <summary>The lines of a log.</summary>
internal sealed class LogLines(LogReader log)
{
    /// <summary>A line longer than what one answer of the files API holds comes in several.</summary>
    private const int MaximumLine = 64 * 1024;

    /// <summary>Whoever wants a million lines from the end gets those of the last 64 MiB.</summary>
    private const int MaximumBlocksBack = 1024;

    private const byte LineEnd = (byte)'\n';

    /// <summary>
    /// The lines from a position on that are there now, at most one block of them, and where to go on. At the end of the
    /// log the position does not change. Null when there is no such file.
    /// </summary>
    /// <param name="position">Where the first line begins.</param>
    /// <param name="unended">Whether the end of the log ends its last line, or somebody waits for the rest of it.</param>
    public async Task<(IReadOnlyList<LogLine> Lines, long Next)?> NextAsync(long position, bool unended, CancellationToken cancellationToken)
    {
        if (await log.ReadAsync(position, MaximumLine, cancellationToken) is not { } piece)
        {
            return null;
        }

        var lines = new List<LogLine>();
        var start = 0;
        while (start < piece.Data.Length && piece.Data.Span[start..].IndexOf(LineEnd) is var length and >= 0)
        {
            lines.Add(new LogLine(piece.Start + start + length + 1, piece.Data.Slice(start, length)));
            start += length + 1;
        }

        // Without an end: too long, the last before what went, or the last of all.
        var isLast = piece.Start + piece.Data.Length >= piece.End;
        if (start < piece.Data.Length && (isLast ? unended || piece.Data.Length - start == MaximumLine : start == 0 || piece.Data.Length < MaximumLine))
        {
            lines.Add(new LogLine(piece.Start + piece.Data.Length, piece.Data[start..]));
            start = piece.Data.Length;
        }

        return (lines, piece.Start + start);
    }

    /// <summary>Where the given number of lines before a position begins.</summary>
    public async Task<long> BackAsync(long position, long lines, CancellationToken cancellationToken)
    {
        var at = position;
        var missing = lines;
        for (var block = 0; missing > 0 && block < MaximumBlocksBack; block++)
        {
            if (await log.BeforeAsync(at, MaximumLine, cancellationToken) is not { Data.Length: > 0 } piece)
            {
                break;
            }

            // The end of the line before the position is not the end of another one.
            var end = block == 0 && piece.Data.Span[^1] == LineEnd ? piece.Data.Length - 1 : piece.Data.Length;
            while (piece.Data.Span[..end].LastIndexOf(LineEnd) is var found and >= 0)
            {
                if (--missing == 0)
                {
                    return piece.Start + found + 1;
                }

                end = found;
            }

            at = piece.Start;
        }

        return at;
    }

    public Task<LogWatch.Listener?> ListenAsync(LogWatch watch, CancellationToken cancellationToken) => log.ListenAsync(watch, cancellationToken);

    /// <summary>Where the log ends now; null when there is none.</summary>
    public async Task<long?> EndAsync(CancellationToken cancellationToken) =>
        (await log.BeforeAsync(0, 0, cancellationToken))?.End;
}
