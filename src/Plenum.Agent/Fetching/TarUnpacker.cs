using System.Globalization;
using System.Security.Cryptography;
using Plenum.Agent.Images;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Fetching;

/// <summary>
/// Unpacks tar archives, packed or not, with the machine's tar, which restores owners, links and attributes and lets no entry
/// out of its directory. What tar reads goes through the agent, which counts it.
/// </summary>
internal static class TarUnpacker
{
    private const int BufferSize = 128 * 1024;
    private const int MarkBytes = 8;

    /// <summary>How packed files begin, and the program that unpacks them to its output. As tar itself does it, by content and not by name.</summary>
    private static readonly (byte[] Mark, string Program)[] Packers =
    [
        ([0x1f, 0x8b], "gzip"),
        ([0x1f, 0x9d], "gzip"),
        ("BZh"u8.ToArray(), "bzip2"),
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "xz"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    ];

    /// <param name="archive">Read from its beginning to its end; the caller closes it.</param>
    /// <param name="directory">Where it is unpacked.</param>
    /// <param name="options">Of tar.</param>
    /// <param name="maxBytes">Of the archive unpacked.</param>
    /// <param name="digest">Fed with the archive as it is unpacked, where somebody wants to know what it was.</param>
    /// <exception cref="IOException">It is no archive, or too large, or the disk refuses.</exception>
    /// <exception cref="FileNotFoundException">A program is not installed.</exception>
    public static async Task UnpackAsync(
        FileStream archive,
        string directory,
        IEnumerable<string> options,
        long maxBytes,
        DiskAllowance allowance,
        CancellationToken cancellationToken,
        IncrementalHash? digest = null)
    {
        await using var tar = HostTool.Start("tar", ["--extract", "--file", "-", "--directory", directory, .. options]);
        if (await PackerAsync(archive, cancellationToken) is not { } packer)
        {
            await FeedAsync(archive, packed: null, tar, new Bounds(maxBytes, allowance, digest), cancellationToken);
            return;
        }

        var pump = Task.CompletedTask;
        try
        {
            await using var unpacker = HostTool.Start(packer, ["-dcq"]);
            pump = PumpAsync(archive, unpacker, cancellationToken);
            await FeedAsync(unpacker.Output, unpacker, tar, new Bounds(maxBytes, allowance, digest), cancellationToken);
        }
        finally
        {
            // The caller closes the archive; a program that ended takes nothing more.
            await pump;
        }
    }

    private static async Task PumpAsync(FileStream archive, HostTool.Running unpacker, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await archive.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            try
            {
                await unpacker.Input.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
            catch (Exception ended) when (ended is IOException or ObjectDisposedException)
            {
                // It has its own words for what is wrong with the archive.
                return;
            }
        }

        unpacker.CloseInput();
    }

    private static async Task FeedAsync(
        Stream source, HostTool.Running? packed, HostTool.Running tar, Bounds bounds, CancellationToken cancellationToken)
    {
        // 1. All of it, unless tar ends before: then its words say why.
        var buffer = new byte[BufferSize];
        long total = 0;
        var broken = false;
        while (!broken && await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            total += count;
            if (total > bounds.MaxBytes)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it is larger than {bounds.MaxBytes} bytes unpacked"));
            }

            bounds.Allowance.Take(count);
            bounds.Digest?.AppendData(buffer.AsSpan(0, count));
            try
            {
                await tar.Input.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
            catch (IOException)
            {
                broken = true;
            }
        }

        // 2. A broken packed file reads like a short one; the program that unpacked it knows better than tar.
        if (!broken && packed is not null && await packed.EndAsync(cancellationToken) is (not 0, var reason))
        {
            throw new IOException($"it cannot be unpacked: {reason}");
        }

        tar.CloseInput();
        var (status, message) = await tar.EndAsync(cancellationToken);
        if (status != 0 || broken)
        {
            throw new IOException($"it cannot be unpacked: {message}");
        }
    }

    private static async Task<string?> PackerAsync(FileStream archive, CancellationToken cancellationToken)
    {
        var head = new byte[MarkBytes];
        var count = await archive.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        archive.Position = 0;
        return Packers.FirstOrDefault(packer => head.AsSpan(0, count).StartsWith(packer.Mark)).Program;
    }

    private sealed record Bounds(long MaxBytes, DiskAllowance Allowance, IncrementalHash? Digest);
}
