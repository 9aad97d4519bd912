using Plenum.Cli.Clients;

namespace Plenum.Cli.Tasks;

/// <summary>Reads the end of a file on an agent, and what is added to it.</summary>
internal sealed class LogTail(AgentClient agent, string path)
{
    // What one answer of /files/read holds at most: 16 pages of 4 KiB.
    private const int BlockSize = 64 * 1024;

    // Somebody who asks for a million lines gets the last 64 MB of them.
    private const int MaximumBlocks = 1024;

    private long _offset;

    /// <summary>The last lines of the file as it is now.</summary>
    public async Task<string> LastLinesAsync(int lines, CancellationToken cancellationToken)
    {
        _offset = await agent.FileSizeAsync(path, cancellationToken);
        var text = "";
        var start = _offset;
        for (var blocks = 0; start > 0 && blocks < MaximumBlocks && Newlines(text) <= lines; blocks++)
        {
            var from = Math.Max(0, start - BlockSize);
            text = await agent.ReadFileAsync(path, from, (int)(start - from), cancellationToken) + text;
            start = from;
        }
        return Last(text, lines);
    }

    /// <summary>
    /// What was written since the last call, a block at most; empty when nothing was. The length asked
    /// for is exact, so that the offset stays right even where a character is cut in two.
    /// </summary>
    public async Task<string> AddedAsync(CancellationToken cancellationToken)
    {
        var size = await agent.FileSizeAsync(path, cancellationToken);
        if (size < _offset)
        {
            // The file was rotated: what is there now is new.
            _offset = 0;
        }
        if (size == _offset)
        {
            return "";
        }
        var length = (int)Math.Min(size - _offset, BlockSize);
        var text = await agent.ReadFileAsync(path, _offset, length, cancellationToken);
        _offset += length;
        return text;
    }

    private static int Newlines(string text) => text.AsSpan().Count('\n');

    private static string Last(string text, int lines)
    {
        if (lines == 0)
        {
            return "";
        }
        var at = text.EndsWith('\n') ? text.Length - 1 : text.Length;
        for (; lines > 0 && at > 0; lines--)
        {
            at = text.LastIndexOf('\n', at - 1);
            if (at < 0)
            {
                return text;
            }
        }
        return at == 0 && lines > 0 ? text : text[(at + 1)..];
    }
}
