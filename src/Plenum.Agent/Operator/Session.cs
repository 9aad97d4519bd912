using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Agent.Containers;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Operator;

/// <summary>
/// One exec session: a process beside a container's own, its single writer and its readers. Its first
/// reader is whoever launched it and sets the pace; others that fall behind are cut off.
/// </summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>Pieces that wait for one reader; with the piece's size, half a megabyte.</summary>
    private const int MaximumQueued = 32;

    private const int PieceBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Channel<ProcessIO> _first = Queue();
    private readonly List<Channel<ProcessIO>> _others = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _pumping;
    private bool _ended;
    private int _writers;

    public Session(ContainerKey key, ExecSession process)
    {
        Key = key;
        Process = process;
        Exit = process.WaitAsync();
        _pumping = PumpAllAsync();
    }

    public ContainerKey Key { get; }

    public ExecSession Process { get; }

    public Task<ContainerExit> Exit { get; }

    /// <summary>Output for the launcher, whole and in order.</summary>
    public ChannelReader<ProcessIO> FirstOutput => _first.Reader;

    /// <summary>Output from now on, until the process ends or the reader is too slow.</summary>
    public ChannelReader<ProcessIO> Attach()
    {
        var queue = Queue();
        lock (_gate)
        {
            if (_ended)
            {
                queue.Writer.TryComplete();
            }
            else
            {
                _others.Add(queue);
            }
        }

        return queue.Reader;
    }

    /// <summary>False while another writer is attached.</summary>
    public bool TryTakeInput() => Interlocked.CompareExchange(ref _writers, 1, 0) == 0;

    public void ReleaseInput() => Volatile.Write(ref _writers, 0);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Process.DisposeAsync();
        await _pumping;
        _ending.Dispose();
    }

    private static Channel<ProcessIO> Queue() => Channel.CreateBounded<ProcessIO>(MaximumQueued);

    private async Task PumpAllAsync()
    {
        await Task.WhenAll(
            PumpAsync(Process.Output, ProcessIO.Types.Data.Types.Type.Stdout),
            PumpAsync(Process.Error, ProcessIO.Types.Data.Types.Type.Stderr));
        lock (_gate)
        {
            _ended = true;
            _first.Writer.TryComplete();
            foreach (var other in _others)
            {
                other.Writer.TryComplete();
            }
        }
    }

    private async Task PumpAsync(Stream from, ProcessIO.Types.Data.Types.Type type)
    {
        var buffer = new byte[PieceBytes];
        try
        {
            while (await from.ReadAsync(buffer, _ending.Token) is var read and > 0)
            {
                var piece = new ProcessIO
                {
                    Type = ProcessIO.Types.Type.Data,
                    Data = new ProcessIO.Types.Data { Type = type, Data_ = ByteString.CopyFrom(buffer, 0, read) },
                };
                lock (_gate)
                {
                    _others.RemoveAll(other => !other.Writer.TryWrite(piece) && other.Writer.TryComplete());
                }

                await _first.Writer.WriteAsync(piece, _ending.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The session is over or its launcher has gone: what is unread has no reader.
            _first.Writer.TryComplete();
        }
    }
}
