using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Calls back to back on one connection, as Mesos' own client library sends them: the next request
/// leaves before the last one is answered.
/// </summary>
internal sealed class PipelinedCalls : IAsyncDisposable
{
    private const int MaxUnanswered = 1_024;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeWriter _output;
    private readonly string _head;
    private readonly SemaphoreSlim _window = new(MaxUnanswered);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _reading;

    private PipelinedCalls(Socket socket, Uri master, string streamId)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _output = PipeWriter.Create(_stream);
        _head = $"POST /api/v1/scheduler HTTP/1.1\r\nHost: {master.Authority}\r\n"
            + $"Content-Type: application/x-protobuf\r\nMesos-Stream-Id: {streamId}\r\nContent-Length: ";
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Fails with the first answer that is not 202.</summary>
    public Task Completion => _reading;

    public static async Task<PipelinedCalls> ConnectAsync(Uri master, string streamId, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(master.Host, master.Port, cancellationToken);
        return new PipelinedCalls(socket, master, streamId);
    }

    public async Task SendAsync(IReadOnlyList<Call> calls, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var call in calls)
            {
                if (!_window.Wait(0, cancellationToken))
                {
                    await _output.FlushAsync(cancellationToken);
                    await _window.WaitAsync(cancellationToken);
                }

                var size = call.CalculateSize();
                _output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_head}{size}\r\n\r\n")));
                call.WriteTo(_output.GetSpan(size)[..size]);
                _output.Advance(size);
            }

            await _output.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Close();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stream.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        var input = PipeReader.Create(_stream);
        while (true)
        {
            var result = await input.ReadAsync();
            var buffer = result.Buffer;
            while (TryReadHead(ref buffer, out var status))
            {
                if (!status.StartsWith("HTTP/1.1 202", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"A call was answered with {status}");
                }

                _window.Release();
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    // Answers have no body: each ends with its head.
    private static bool TryReadHead(ref ReadOnlySequence<byte> buffer, out string status)
    {
        var reader = new SequenceReader<byte>(buffer);
        status = string.Empty;
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            return false;
        }

        var text = Encoding.ASCII.GetString(head);
        status = text[..(text.IndexOf('\r', StringComparison.Ordinal) is > 0 and var end ? end : text.Length)];
        buffer = buffer.Slice(reader.Position);
        return true;
    }
}
