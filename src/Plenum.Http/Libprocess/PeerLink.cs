using System.Net.Sockets;
using Google.Protobuf;

namespace Plenum.Http.Libprocess;

/// <summary>
/// A connection to another libprocess actor on which messages go out. Its end is how libprocess learns that the
/// actor has gone. What comes back on it (a peer that is not libprocess answers each message) says nothing and
/// is thrown away.
/// </summary>
public sealed class PeerLink : IAsyncDisposable
{
    /// <summary>On one machine or in one datacenter a peer that takes longer is not there.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take to read what was sent last.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    /// <summary>A machine that lost its power closes nothing: found out after about 75 s, as an agent is.</summary>
    private const int KeepAliveSeconds = 15;

    private const int KeepAliveProbes = 4;

    /// <summary>
    /// TCP_USER_TIMEOUT: keep-alive asks nobody while sent bytes wait for their acknowledgement, which Linux repeats for
    /// a quarter of an hour. A peer that reads nothing for as long is taken for gone too.
    /// </summary>
    private const int UserTimeout = 18;

    private const int UserTimeoutMilliseconds = 75_000;

    private readonly Upid _from;
    private readonly Upid _to;
    private readonly Socket _socket;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _broken = new();
    private readonly Task _reading;

    private PeerLink(Upid from, Upid to, Socket socket, TimeProvider clock)
    {
        _from = from;
        _to = to;
        _socket = socket;
        _clock = clock;
        _reading = ReadAsync();
    }

    /// <summary>Fires when the peer has closed the connection.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <exception cref="SocketException">There is nobody at the address.</exception>
    /// <exception cref="OperationCanceledException">Asked for, or the peer took too long.</exception>
    public static async Task<PeerLink> OpenAsync(Upid from, Upid to, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to.Address);
        using var patience = new CancellationTokenSource(ConnectPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var socket = new Socket(to.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, UserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));
            await socket.ConnectAsync(to.Address, either.Token);
            return new PeerLink(from, to, socket, clock);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits while the peer does not read. One call at a time.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask SendAsync(IMessage message, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> rest = PeerMessage.Encode(_from, _to, message);
        while (rest.Length > 0)
        {
            rest = rest[await _socket.SendAsync(rest, SocketFlags.None, cancellationToken)..];
        }
    }

    /// <summary>Says that nothing more comes and gives the peer time to read what did.</summary>
    public async Task EndAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            await _reading.WaitAsync(EndPatience, _clock);
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException)
        {
            // Gone already, or it keeps its side open: either way the connection is closed next.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _broken.Dispose();
    }

    private async Task ReadAsync()
    {
        var ignored = new byte[1024];
        try
        {
            while (await _socket.ReceiveAsync(ignored, SocketFlags.None) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A reset by the peer, or this side's own end: an end like any other.
        }

        await _broken.CancelAsync();
    }
}
