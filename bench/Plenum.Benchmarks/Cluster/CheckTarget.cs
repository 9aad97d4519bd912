using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Plenum.Benchmarks.Cluster;

/// <summary>Answers every HTTP request with 200 and closes, in the benchmark's own process: what it costs is nobody's figure.</summary>
internal sealed class CheckTarget : IAsyncDisposable
{
    private const int Backlog = 1024;

    private static readonly byte[] Answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private CheckTarget(TcpListener listener)
    {
        _listener = listener;
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static CheckTarget Start()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(Backlog);
        return new CheckTarget(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ReplyAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The benchmark is over.
        }
    }

    private static async Task ReplyAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await socket.ReceiveAsync(new byte[4096]);
                await socket.SendAsync(Answer);
            }
            catch (SocketException)
            {
                // The one who asked has gone.
            }
        }
    }
}
