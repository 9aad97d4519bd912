using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Native;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers.Terminals;

/// <summary>
/// The terminal of a task. conmon holds its other end, so that it outlives the agent. Typing goes through
/// conmon's socket; output is read from conmon's log, into the sandbox's stdout and to whoever is attached. conmon
/// writes its log before it writes to the socket, so that what comes through the socket is the sign to read on.
/// </summary>
internal sealed partial class TaskTerminal : IAttachTarget, IDisposable
{
    /// <summary>conmon refuses sizes above it.</summary>
    private const int MaximumSize = 1000;

    /// <summary>conmon's own buffer and its byte that names the stream.</summary>
    private const int PacketBytes = 8192 + 1;

    /// <summary>What conmon takes at once.</summary>
    private const int TypedBytes = 8192;

    /// <summary>End of input as a terminal's user types it.</summary>
    private static readonly byte[] EndOfTransmission = [4];

    private readonly BundleLayout _bundle;
    private readonly LogFile _stdout;
    private readonly ILogger _logger;
    private readonly ConsoleLog _log;
    private readonly OutputReaders _readers = new();
    private readonly Lock _reading = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private Task _listening = Task.CompletedTask;
    private bool _disposed;
    private int _writers;

    public TaskTerminal(BundleLayout bundle, LogFile stdout, ILogger logger)
    {
        _bundle = bundle;
        _stdout = stdout;
        _logger = logger;
        _log = new ConsoleLog(bundle);
    }

    /// <summary>Before the command starts, and again by an agent that finds the task running.</summary>
    /// <exception cref="IOException">conmon does not listen.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        // By descriptor: a socket's path has at most 108 bytes.
        using var directory = OwnedFd.Open(_bundle.Directory, LibC.OpenReadOnly);
        try
        {
            await _socket.ConnectAsync(
                new UnixDomainSocketEndPoint($"/proc/self/fd/{directory.Number}/{BundleLayout.AttachSocket}"), cancellationToken);
        }
        catch (SocketException failure)
        {
            throw new IOException($"the task's terminal cannot be reached: {failure.Message}", failure);
        }

        _listening = ListenAsync();
    }

    public ChannelReader<ProcessIO> Attach() => _readers.Add();

    public bool TryTakeInput() => Interlocked.CompareExchange(ref _writers, 1, 0) == 0;

    public void ReleaseInput() => Volatile.Write(ref _writers, 0);

    public async Task TypeAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            for (var rest = data.Length == 0 ? EndOfTransmission : data; rest.Length > 0;)
            {
                var count = Math.Min(rest.Length, TypedBytes);
                await _socket.SendAsync(rest[..count], SocketFlags.None, cancellationToken);
                rest = rest[count..];
            }
        }
        catch (SocketException failure)
        {
            throw new IOException($"the task's terminal is closed: {failure.Message}", failure);
        }
    }

    public void Resize(TerminalSize size)
    {
        try
        {
            using var pipe = OwnedFd.Open(_bundle.WindowSize, LibC.OpenWriteOnly | LibC.OpenNonBlocking);
            var line = Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{Math.Min((int)size.Rows, MaximumSize)} {Math.Min((int)size.Columns, MaximumSize)}\n"));
            LibC.Write(pipe.Number, line, (nuint)line.Length);
        }
        catch (NativeException failure)
        {
            // conmon ends: there is no window any more.
            Log.NotResized(_logger, _bundle.Directory, failure);
        }
    }

    /// <summary>conmon has ended: what it wrote last goes out before anybody hears of the end.</summary>
    public void Complete()
    {
        ReadOn();
        _readers.End();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _readers.End();
        lock (_reading)
        {
            _disposed = true;
            _log.Dispose();
        }
    }

    private async Task ListenAsync()
    {
        var packet = new byte[PacketBytes];
        try
        {
            ReadOn();
            while (await _socket.ReceiveAsync(packet, SocketFlags.None) > 0)
            {
                ReadOn();
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // conmon or this agent ends. The rest of the log is read then, by one of the two agents.
            Log.Closed(_logger, _bundle.Directory, failure.Message);
        }
    }

    private void ReadOn()
    {
        lock (_reading)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                _log.Read(piece =>
                {
                    RandomAccess.Write(_stdout.Handle, piece.Span, RandomAccess.GetLength(_stdout.Handle));
                    _readers.Publish(OutputReaders.Piece(ProcessIO.Types.Data.Types.Type.Stdout, piece.Span));
                });
            }
            catch (IOException failure)
            {
                // A full disk, most likely: it is tried again with the next output.
                Log.Unread(_logger, _bundle.Directory, failure);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The window of the terminal in {Bundle} was not resized")]
        public static partial void NotResized(ILogger logger, string bundle, Exception failure);

        [LoggerMessage(2, LogLevel.Debug, "The terminal in {Bundle} is closed: {Reason}")]
        public static partial void Closed(ILogger logger, string bundle, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The output of the terminal in {Bundle} could not be carried on")]
        public static partial void Unread(ILogger logger, string bundle, Exception failure);
    }
}
