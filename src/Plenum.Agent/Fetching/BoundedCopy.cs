using System.Security.Cryptography;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Fetching;

/// <summary>Copies a stream of unknown length, up to a bound.</summary>
internal static class BoundedCopy
{
    private const int BufferSize = 128 * 1024;

    public static async Task CopyAsync(
        Stream source,
        Stream target,
        long maxBytes,
        DiskAllowance allowance,
        CancellationToken cancellationToken,
        Action? progressed = null,
        IncrementalHash? hash = null)
    {
        var buffer = new byte[BufferSize];
        long total = 0;
        while (await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            progressed?.Invoke();
            total += count;
            if (total > maxBytes)
            {
                throw new IOException($"it is larger than {maxBytes} bytes");
            }
            allowance.Take(count);
            hash?.AppendData(buffer, 0, count);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
