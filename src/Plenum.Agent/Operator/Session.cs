using System.Threading.Channels;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Terminals;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Operator;

/// <summary>
/// One exec session: a process beside a container's own, its single writer and its readers. Its first
/// reader is whoever launched it and sets the pace; others that fall behind are cut off.
/// </summary>
internal sealed class Session : IAttachTarget, IAsyncDisposable
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>End of input as a terminal's user types it.</summary>
    private static readonly byte[] EndOfTransmission = [4];

    private readonly Channel<ProcessIO> _first = Channel.CreateBounded<ProcessIO>(OutputReaders.MaximumQueued);
    private readonly OutputReaders _others = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _pumping;
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

    public ChannelReader<ProcessIO> Attach() => _others.Add();

    public bool TryTakeInput() => Interlocked.CompareExchange(ref _writers, 1, 0) == 0;

    public void ReleaseInput() => Volatile.Write(ref _writers, 0);

    public async Task TypeAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (data.Length == 0 && !Process.HasTerminal)
        {
            await Process.Input.DisposeAsync();
            return;
        }

        await Process.Input.WriteAsync(data.Length == 0 ? EndOfTransmission : data, cancellationToken);
        await Process.Input.FlushAsync(cancellationToken);
    }

    public void Resize(TerminalSize size) => Process.Resize(size);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Process.DisposeAsync();
        await _pumping;
        _ending.Dispose();
    }

    private async Task PumpAllAsync()
    {
        await Task.WhenAll(
            PumpAsync(Process.Output, ProcessIO.Types.Data.Types.Type.Stdout),
            PumpAsync(Process.Error, ProcessIO.Types.Data.Types.Type.Stderr));
        _first.Writer.TryComplete();
        _others.End();
    }

    private async Task PumpAsync(Stream from, ProcessIO.Types.Data.Types.Type type)
    {
        var buffer = new byte[PieceBytes];
        try
        {
            while (await from.ReadAsync(buffer, _ending.Token) is var read and > 0)
            {
                var piece = OutputReaders.Piece(type, buffer.AsSpan(0, read));
                _others.Publish(piece);
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
