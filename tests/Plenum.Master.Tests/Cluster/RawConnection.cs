using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Plenum.Master.Tests.Cluster;

/// <summary>HTTP/1.1 by hand, for what a client library would hide: header lines and chunk borders.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _socket;
    private readonly NetworkStream _stream;

    private RawConnection(TcpClient socket)
    {
        _socket = socket;
        _stream = socket.GetStream();
    }

    public static async Task<RawConnection> OpenAsync(Uri address, int receiveBuffer = 0)
    {
        var socket = new TcpClient();
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(address.Host, address.Port);
        return new RawConnection(socket);
    }

    public async Task SendAsync(string head, ReadOnlyMemory<byte> body = default)
    {
        var text = head.ReplaceLineEndings("\r\n").TrimEnd() + $"\r\nContent-Length: {body.Length}\r\n\r\n";
        await _stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(text), .. body.Span]);
    }

    /// <summary>The body in chunks of so many bytes, as a client sends that does not know its length beforehand.</summary>
    public async Task SendChunkedAsync(string head, ReadOnlyMemory<byte> body, int chunkBytes)
    {
        var message = new MemoryStream();
        message.Write(Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n").TrimEnd() + "\r\ntransfer-encoding: chunked\r\n\r\n"));
        for (var at = 0; at < body.Length; at += chunkBytes)
        {
            var chunk = body.Slice(at, Math.Min(chunkBytes, body.Length - at));
            message.Write(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            message.Write(chunk.Span);
            message.Write("\r\n"u8);
        }

        message.Write("0\r\n\r\n"u8);
        await _stream.WriteAsync(message.ToArray());
    }

    /// <summary>A whole answer: its lines, and the body that its Content-Length announces.</summary>
    public async Task<(string[] Head, byte[] Body)> ReadAnswerAsync()
    {
        const string Length = "Content-Length: ";
        var head = await ReadHeadAsync();
        var length = head.FirstOrDefault(line => line.StartsWith(Length, StringComparison.Ordinal));
        return (head, length is null ? [] : await ReadBytesAsync(int.Parse(length[Length.Length..], CultureInfo.InvariantCulture)));
    }

    /// <summary>Status line and header lines, in order.</summary>
    public async Task<string[]> ReadHeadAsync()
    {
        var lines = new List<string>();
        while (true)
        {
            var line = await ReadLineAsync();
            if (line.Length == 0)
            {
                return [.. lines];
            }

            lines.Add(line);
        }
    }

    /// <summary>The next chunk; empty at the end of the body.</summary>
    public async Task<byte[]> ReadChunkAsync()
    {
        var size = Convert.ToInt32(await ReadLineAsync(), 16);
        var chunk = new byte[size];
        await Patience.For("a chunk", async token => await _stream.ReadExactlyAsync(chunk, token));
        (await ReadLineAsync()).ShouldBeEmpty();
        return chunk;
    }

    public async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        await Patience.For($"{count} bytes", async token => await _stream.ReadExactlyAsync(bytes, token));
        return bytes;
    }

    /// <summary>Reads to the end, however the other side ends it; answers how many bytes came.</summary>
    public Task<long> DrainAsync() => Patience.For("the end of the connection", async token =>
    {
        var buffer = new byte[64 * 1024];
        long total = 0;
        try
        {
            while (await _stream.ReadAsync(buffer, token) is > 0 and var count)
            {
                total += count;
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return total;
    });

    public ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<string> ReadLineAsync() => Patience.For("a line", async token =>
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one, token);
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }
    });
}
