using Plenum.Cli.Clients;

namespace Plenum.Cli.Tasks;

/// <summary>
/// Reads the end of a file on an agent, and what is added to it. As bytes: a block may end inside a
/// character, and what a task writes need not be text.
/// </summary>
internal sealed class LogTail(AgentClient agent, string path)
{
    // What one answer holds at most: 16 pages of 4 KiB.
    private const int BlockSize = 64 * 1024;

    // Somebody who asks for a million lines gets the last 64 MB of them.
    private const int MaximumBlocks = 1024;

    private long _offset;

    /// <summary>The last lines of the file as it is now, in the blocks they came in.</summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> LastLinesAsync(int lines, CancellationToken cancellationToken)
    {
        (_offset, _) = await agent.ReadFileAsync(path, 0, 0, cancellationToken);
        var blocks = new List<ReadOnlyMemory<byte>>();
        var start = _offset;
        var missing = lines;
        while (start > 0 && missing > 0 && blocks.Count < MaximumBlocks)
        {
            var from = Math.Max(0, start - BlockSize);
            var (_, block) = await agent.ReadFileAsync(path, from, (int)(start - from), cancellationToken);
            var end = start == _offset && block.Span is [.., (byte)'\n'] ? block.Length - 1 : block.Length;
            var cut = StartOfLines(block.Span[..end], ref missing);
            blocks.Insert(0, block[cut..]);
            start = from;
        }
        return blocks;
    }

    /// <summary>What was written since the last call, a block at most; empty when nothing was.</summary>
    public async Task<ReadOnlyMemory<byte>> AddedAsync(CancellationToken cancellationToken)
    {
        var (size, added) = await agent.ReadFileAsync(path, _offset, BlockSize, cancellationToken);
        if (size < _offset)
        {
            // The file was rotated: what is there now is new.
            _offset = 0;
            (_, added) = await agent.ReadFileAsync(path, _offset, BlockSize, cancellationToken);
        }
        _offset += added.Length;
        return added;
    }

    // Walks back over line ends until none is missing; 0 when the block has too few of them.
    private static int StartOfLines(ReadOnlySpan<byte> block, ref int missing)
    {
        var at = block.Length;
        while ((at = block[..at].LastIndexOf((byte)'\n')) >= 0)
        {
            if (--missing == 0)
            {
                return at + 1;
            }
        }
        return 0;
    }
}
