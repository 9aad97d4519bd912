using System.IO.Pipelines;
using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Cli.Clients;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Cli.Tasks.Exec;

/// <summary>
/// Runs a command inside the container of a task, in this order:
/// 1. the session is launched; its answer is the stream of what the command writes;
/// 2. the wait for its exit code starts, since the container vanishes with its end;
/// 3. input is attached, when asked for;
/// 4. output is copied until the stream ends; closing it early would kill the command;
/// 5. the exit code answers the wait.
/// </summary>
internal sealed class ExecSession(AgentClient agent, CliHost host, ContainerID container, bool interactive, bool terminal)
{
    // Keeps proxies from closing a quiet input; what the dcos command line sends too.
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(30);

    private const int ReadSize = 16 * 1024;

    // A paste runs ahead of the network by this many reads, then the reader waits.
    private const int MaximumQueued = 64;

    private const byte EndOfTransmission = 0x04;

    public async Task<int> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var session = await agent.OpenStreamAsync(
            ExecRequest.Launch(container, command, terminal ? host.Terminal.Size : null), cancellationToken);
        var waiting = agent.CallAsync(ExecRequest.Wait(container), stop.Token);
        var input = interactive ? AttachAsync(stop.Token) : Task.CompletedTask;
        try
        {
            await CopyOutputAsync(await session.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
            return ExitCode((await waiting).WaitContainer);
        }
        finally
        {
            await stop.CancelAsync();

            // The input ends with the command, in whatever state it was; its failure was told already.
            await input.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CopyOutputAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = new RecordReader(PipeReader.Create(stream));
        try
        {
            while (await reader.ReadMessageAsync(ProcessIO.Parser, cancellationToken: cancellationToken) is { } io)
            {
                if (io.Type is ProcessIO.Types.Type.Data && io.Data is { } data)
                {
                    var to = data.Type is ProcessIO.Types.Data.Types.Type.Stderr ? host.RawError : host.RawOutput;
                    await to.WriteAsync(data.Data_.Memory, cancellationToken);
                    await to.FlushAsync(cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidProtocolBufferException)
        {
            throw new CommandFailure(
                ExitCodes.Unreachable, $"the connection to the node broke: {e.Message}", "the command was ended with it");
        }
    }

    private async Task AttachAsync(CancellationToken cancellationToken)
    {
        using var raw = terminal ? host.Terminal.EnterRawMode() : null;
        var records = Channel.CreateBounded<Call>(MaximumQueued);
        records.Writer.TryWrite(ExecRequest.Attach(container));
        using var resizing = terminal
            ? host.Terminal.OnResize(() => records.Writer.TryWrite(ExecRequest.Resize(host.Terminal.Size)))
            : null;
        await using var heartbeat = host.Time.CreateTimer(
            _ => records.Writer.TryWrite(ExecRequest.Heartbeat(HeartbeatInterval)), null, HeartbeatInterval, HeartbeatInterval);

        // The read of a terminal cannot be cancelled: it is left behind when the session ends.
        _ = PumpAsync(records.Writer, cancellationToken);
        try
        {
            using var content = new InputContent(records.Reader);
            await agent.SendStreamAsync(content, cancellationToken);
        }
        catch (CommandFailure failure) when (!cancellationToken.IsCancellationRequested)
        {
            await host.Error.WriteLineAsync("plenum: input does not reach the command: " + failure.Message);
        }
        finally
        {
            records.Writer.TryComplete();
        }
    }

    private async Task PumpAsync(ChannelWriter<Call> records, CancellationToken cancellationToken)
    {
        var buffer = new byte[ReadSize];
        try
        {
            int count;
            while ((count = await host.Input.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await records.WriteAsync(ExecRequest.Data(buffer.AsSpan(0, count)), cancellationToken);
            }

            // A terminal has no end of input: the key that means it is sent instead.
            await records.WriteAsync(ExecRequest.Data(terminal ? [EndOfTransmission] : []), cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ChannelClosedException)
        {
            // The session is over, or standard input is: nothing more can be typed.
        }
        finally
        {
            if (!terminal)
            {
                records.TryComplete();
            }
        }
    }

    // wait(2) packs both into one word: the low seven bits are the signal, the next byte the code.
    private static int ExitCode(Response.Types.WaitContainer ended)
    {
        if (!ended.HasExitStatus)
        {
            throw new CommandFailure(
                ExitCodes.Refused, $"the command did not run: {(ended.HasMessage ? ended.Message : "the node gives no reason")}");
        }
        var signal = ended.ExitStatus & 0x7f;
        return signal != 0 ? ExitCodes.SignalBase + signal : (ended.ExitStatus >> 8) & 0xff;
    }
}
