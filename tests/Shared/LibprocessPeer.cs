using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;

namespace Plenum.Tests.Shared;

/// <summary>
/// A libprocess peer made of sockets, after the reference: what it says goes out on a connection of its own, and
/// what it hears comes on connections that the other side opens to its address. Nothing of the product's own code
/// for this protocol.
/// </summary>
internal sealed class LibprocessPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TcpListener _listener;
    private readonly ManualResetEventSlim _reading = new(true);
    private readonly List<TcpClient> _in = [];
    private readonly Channel<LibprocessMail> _mail = Channel.CreateUnbounded<LibprocessMail>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private readonly List<Task> _readers = [];
    private readonly string _actor;
    private TcpClient _out = new();

    /// <param name="actor">The other side's, such as <c>master</c>.</param>
    /// <param name="id">This one's.</param>
    /// <param name="address">Where to listen; null takes a free port.</param>
    public LibprocessPeer(string actor, string id, IPEndPoint? address = null)
    {
        _actor = actor;
        _listener = new TcpListener(address ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        Pid = $"{id}@{_listener.LocalEndpoint}";
        _accepting = AcceptAsync();
    }

    public string Pid { get; }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Links to this peer that are open now.</summary>
    public int Links
    {
        get
        {
            lock (_in)
            {
                return _in.Count;
            }
        }
    }

    /// <summary>The connection on which it speaks; the first, or another after the other side ended that.</summary>
    public async Task ConnectAsync(Uri other)
    {
        _out.Dispose();
        _out = new TcpClient();
        await _out.ConnectAsync(other.Host, other.Port);
        _readers.Add(DiscardAsync(_out));
    }

    public Task SendAsync(IMessage message) => SendAsync(message.Descriptor.FullName, message.ToByteArray());

    /// <summary>Exactly what libprocess' encoder writes, with the empty Host line of most 1.x releases.</summary>
    public async Task SendAsync(string name, byte[] body)
    {
        var head = $"POST /{_actor}/{name} HTTP/1.1\r\nUser-Agent: libprocess/{Pid}\r\nLibprocess-From: {Pid}\r\n"
            + $"Connection: Keep-Alive\r\nHost: \r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n";
        await _out.GetStream().WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body, .. "\r\n0\r\n\r\n"u8]);
    }

    /// <summary>It says nothing more on its connection, as a process that has exited.</summary>
    public void HangUp() => _out.Client.Shutdown(SocketShutdown.Send);

    /// <summary>The next message, which must be of this kind; <paramref name="passable"/> kinds on the way are passed over.</summary>
    public async Task<T> NextAsync<T>(MessageParser<T> parser, params string[] passable)
        where T : class, IMessage<T>, new()
    {
        var name = new T().Descriptor.FullName;
        while (true)
        {
            var mail = await NextAsync();
            if (string.Equals(mail.Name, name, StringComparison.Ordinal))
            {
                return parser.ParseFrom(mail.Body);
            }

            mail.Name.ShouldBeOneOf(passable, $"waiting for {name}");
        }
    }

    public async Task<LibprocessMail> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _mail.Reader.ReadAsync(patience.Token);
    }

    /// <summary>Until the answer is disposed nothing more is read from the links.</summary>
    public IDisposable StopReading()
    {
        _reading.Reset();
        return new Pause(_reading);
    }

    /// <summary>This peer's end of every link is closed, as when its machine loses the network; it still listens.</summary>
    public void BreakLinks()
    {
        lock (_in)
        {
            foreach (var link in _in)
            {
                link.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        BreakLinks();
        _out.Dispose();
        await _accepting;
        await Task.WhenAll(_readers);
        _stopping.Dispose();
        _reading.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                lock (_in)
                {
                    _in.Add(client);
                }

                _readers.Add(ReadAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ReadAsync(TcpClient client)
    {
        try
        {
            using var reader = new BinaryReader(new BufferedStream(client.GetStream()), Encoding.Latin1);
            while (await Task.Run(() => ReadMail(reader)) is { } mail)
            {
                _reading.Wait(_stopping.Token);
                await _mail.Writer.WriteAsync(mail);
            }
        }
        catch (Exception exception) when (
            exception is IOException or NotSupportedException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // Either side closed it, or the test is over.
        }
        finally
        {
            lock (_in)
            {
                _in.Remove(client);
            }

            client.Dispose();
        }
    }

    private static LibprocessMail? ReadMail(BinaryReader reader)
    {
        var head = new List<string>();
        while (ReadLine(reader) is { } line)
        {
            if (line.Length > 0)
            {
                head.Add(line);
                continue;
            }

            var body = Array.Empty<byte>();
            if (head.Contains("Transfer-Encoding: chunked"))
            {
                while (int.Parse(ReadLine(reader)!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
                {
                    body = [.. body, .. reader.ReadBytes(size)];
                    ReadLine(reader);
                }

                ReadLine(reader);
            }

            return new LibprocessMail([.. head], body);
        }

        return null;
    }

    private static string? ReadLine(BinaryReader reader)
    {
        var line = new StringBuilder();
        try
        {
            while (reader.ReadByte() is var next && next != '\n')
            {
                line.Append((char)next);
            }
        }
        catch (EndOfStreamException)
        {
            return null;
        }

        return line.ToString().TrimEnd('\r');
    }

    private static async Task DiscardAsync(TcpClient client)
    {
        try
        {
            var ignored = new byte[1024];
            while (await client.GetStream().ReadAsync(ignored) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is over; libprocess does not look at answers either.
        }
    }

    private sealed class Pause(ManualResetEventSlim reading) : IDisposable
    {
        public void Dispose() => reading.Set();
    }
}
