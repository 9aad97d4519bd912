using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Plenum.Agent.Checking;

/// <summary>
/// One GET on a connection of its own, of whose answer only the first line matters. Hundreds of these a second must leave
/// the machine to its tasks, and a client that is made for more took three times as long for them.
/// </summary>
internal static class HttpProbe
{
    /// <summary>An answer of common length in one read.</summary>
    private const int BufferSize = 4096;

    /// <summary>Of a longer answer the task hears that its reader has gone.</summary>
    private const int MaximumDrained = 64 * 1024;

    /// <summary>
    /// How long a task that was asked to close may go on instead: its check has one of 64 turns meanwhile, and 500 such
    /// checks a second are to find one.
    /// </summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The status of the answer. Null for what takes more to understand: a redirect, an interim answer, or none of HTTP/1.
    /// </summary>
    /// <param name="socket">Not connected yet; the caller's to close.</param>
    /// <param name="place">Where the task listens.</param>
    /// <param name="address">What is asked for there.</param>
    /// <param name="clock">Counts how long the rest of an answer is waited for.</param>
    /// <param name="cancellationToken">The end of the check.</param>
    public static async Task<int?> AskAsync(Socket socket, IPEndPoint place, Uri address, TimeProvider clock, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(place, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            // The path of a Uri is escaped: it cannot bring lines of its own.
            var request = string.Create(
                CultureInfo.InvariantCulture, $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\n\r\n");
            for (var (left, sent) = (Encoding.ASCII.GetBytes(request).AsMemory(), 0); left.Length > 0; left = left[sent..])
            {
                sent = await socket.SendAsync(left, cancellationToken);
            }

            var length = 0;
            while (length < BufferSize && buffer.AsSpan(0, length).IndexOf((byte)'\n') < 0)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length, BufferSize - length), cancellationToken);
                if (read == 0)
                {
                    return null;
                }

                length += read;
            }

            var status = StatusOf(buffer.AsSpan(0, length));
            if (status is not null)
            {
                await DrainAsync(socket, buffer, clock, cancellationToken);
            }

            return status;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>"HTTP/1.1 200 OK": final answers without a redirect only.</summary>
    internal static int? StatusOf(ReadOnlySpan<byte> answer)
    {
        const int statusAt = 9;
        if (answer.Length <= statusAt + 3 || !answer.StartsWith("HTTP/1."u8) || answer[statusAt - 1] != ' '
            || answer[statusAt + 3] is not ((byte)' ' or (byte)'\r' or (byte)'\n')
            || !int.TryParse(answer.Slice(statusAt, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            return null;
        }

        return status is (>= 200 and < 300) or >= 400 ? status : null;
    }

    /// <summary>
    /// To the answer's end, so that no task is told its reader broke the connection off. What is amiss with the rest
    /// of it says nothing about the check.
    /// </summary>
    private static async Task DrainAsync(Socket socket, byte[] buffer, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var enough = new CancellationTokenSource(DrainTime, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            for (var drained = 0; drained < MaximumDrained;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(), ending.Token);
                if (read == 0)
                {
                    return;
                }

                drained += read;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // It goes on answering, or has closed already: the status is known either way.
        }
    }
}
