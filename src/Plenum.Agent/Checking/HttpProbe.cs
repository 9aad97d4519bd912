using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Checking;

/// <summary>
/// One GET on a connection of its own, of whose answer only the first line matters. It never waits: each step goes as far
/// as the connection lets it, and <see cref="HttpProber"/> calls again when there is more.
/// </summary>
internal sealed class HttpProbe(HttpQuestion question)
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

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private ReadOnlyMemory<byte> _unsent = question.Request;
    private int _length;
    private int _drained;
    private int? _status;

    private enum Step
    {
        /// <summary>The kernel has taken or given something; there may be more.</summary>
        Gone,

        /// <summary>Nothing more until the other side has moved.</summary>
        Stuck,

        /// <summary>The other side closed its end.</summary>
        Ended,
    }

    public HttpQuestion Question => question;

    public int Descriptor { get; private set; } = -1;

    /// <summary>What poll is to wait for.</summary>
    public short Wanted => _unsent.IsEmpty ? LibC.PollIn : LibC.PollOut;

    /// <summary>When it is over whatever the task does, as a timestamp of the clock.</summary>
    public long Deadline { get; private set; } = question.Deadline;

    /// <summary>What time ends it as: an answer whose rest did not come is an answer.</summary>
    public ProbeEnd EndOfTime => _status is { } status ? ProbeEnd.Answered(status) : ProbeEnd.Late;

    /// <summary>Opens the connection and says the first word if that is possible at once; on loopback it always is.</summary>
    public ProbeEnd? Begin(TimeProvider clock)
    {
        var place = question.Place;
        Descriptor = question.Network is { } network
            ? OpenIn(network, place.AddressFamily == AddressFamily.InterNetworkV6)
            : LibC.Socket(
                place.AddressFamily == AddressFamily.InterNetworkV6 ? LibC.InterNetworkV6 : LibC.InterNetwork,
                LibC.SocketStream | LibC.SocketNonBlocking | LibC.SocketCloseOnExec,
                0);
        if (Descriptor < 0)
        {
            throw Broken();
        }

        var address = place.Serialize();
        return LibC.Connect(Descriptor, address.Buffer.Span[..address.Size], address.Size) < 0 && LibC.LastError != LibC.ErrorInProgress
            ? throw Broken()
            : Continue(clock);
    }

    /// <summary>As far as it goes now. Null: it is not over.</summary>
    public ProbeEnd? Continue(TimeProvider clock)
    {
        while (!_unsent.IsEmpty)
        {
            if (Send() == Step.Stuck)
            {
                return null;
            }
        }

        while (_status is null)
        {
            switch (Receive(_buffer.AsSpan(_length, BufferSize - _length), out var read))
            {
                case Step.Stuck:
                    return null;
                case Step.Ended:
                    return ProbeEnd.Open;
                default:
                    _length += read;
                    break;
            }

            var answer = _buffer.AsSpan(0, _length);
            if (_length == BufferSize || answer.Contains((byte)'\n'))
            {
                if (StatusOf(answer) is not { } status)
                {
                    return ProbeEnd.Open;
                }

                _status = status;
                Deadline = Math.Min(Deadline, clock.GetTimestamp() + (long)(DrainTime.TotalSeconds * clock.TimestampFrequency));
            }
        }

        return Drain();
    }

    public void Close()
    {
        if (Descriptor >= 0)
        {
            LibC.Close(Descriptor);
            Descriptor = -1;
        }

        ArrayPool<byte>.Shared.Return(_buffer);
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
    private ProbeEnd? Drain()
    {
        try
        {
            while (_drained < MaximumDrained)
            {
                switch (Receive(_buffer, out var read))
                {
                    case Step.Stuck:
                        return null;
                    case Step.Ended:
                        return ProbeEnd.Answered(_status!.Value);
                    default:
                        _drained += read;
                        break;
                }
            }
        }
        catch (IOException)
        {
            // It goes on answering, or has closed already: the status is known either way.
        }

        return ProbeEnd.Answered(_status!.Value);
    }

    private Step Send()
    {
        var sent = (int)LibC.Send(Descriptor, _unsent.Span, (nuint)_unsent.Length, LibC.SendNoSignal);
        if (sent < 0)
        {
            return IsForLater ? Step.Stuck : throw Broken();
        }

        _unsent = _unsent[sent..];
        return Step.Gone;
    }

    private Step Receive(Span<byte> into, out int read)
    {
        read = (int)LibC.Receive(Descriptor, into, (nuint)into.Length, 0);
        return read switch
        {
            > 0 => Step.Gone,
            0 => Step.Ended,
            _ => IsForLater ? Step.Stuck : throw Broken(),
        };
    }

    /// <summary>A connection that is not made yet says so too.</summary>
    private static bool IsForLater => LibC.LastError is LibC.ErrorAgain or LibC.ErrorInterrupted;

    private IOException Broken() => new($"{LibC.Describe(LibC.LastError)} ({question.Authority})");

    /// <summary>Sockets of a window block: the window has no room for more than it needs.</summary>
    private static int OpenIn(ContainerNetwork network, bool ipv6)
    {
        using var socket = NetworkWindow.OpenSocket(network.NamespacePath, ipv6);
        NativeException.ThrowIfFailed(LibC.Control(socket.Number, LibC.SetStatusFlags, LibC.OpenNonBlocking), "keep a socket from blocking");
        return socket.Release();
    }
}
