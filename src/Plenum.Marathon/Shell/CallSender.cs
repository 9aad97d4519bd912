using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling.Sessions;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Marathon.Shell;

/// <summary>
/// Sends the calls of one subscription in their order, beside the loop: a slow master must not stop the orchestrator
/// from answering its clients.
/// </summary>
internal sealed partial class CallSender : IAsyncDisposable
{
    // A burst of a thousand launches, each with its acknowledgements, several times over. A master that is further
    // behind is as good as gone: the subscription is given up and reconciled anew.
    private const int MaxQueuedCalls = 65_536;

    private readonly Channel<Call> _calls = Channel.CreateBounded<Call>(
        new BoundedChannelOptions(MaxQueuedCalls) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly SchedulerSession _session;
    private readonly long _subscription;
    private readonly ILogger _logger;
    private readonly Task _loop;

    public CallSender(SchedulerSession session, long subscription, ILogger logger)
    {
        _session = session;
        _subscription = subscription;
        _logger = logger;
        _loop = Task.Run(SendAllAsync);
    }

    /// <summary>After the subscription ended this drops the call: the next subscription reconciles.</summary>
    public void Send(Call call)
    {
        if (!_calls.Writer.TryWrite(call))
        {
            _stop.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _calls.Writer.TryComplete();

        // Not disposed: the core's loop may still hold this sender and send. A cancelled source holds nothing that
        // needs disposing.
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task SendAllAsync()
    {
        var reason = $"{MaxQueuedCalls} calls wait for the master";
        try
        {
            await foreach (var call in _calls.Reader.ReadAllAsync(_stop.Token))
            {
                if (!await _session.TrySendAsync(call, _subscription, _stop.Token))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Ended by its owner, or the queue overflowed; for an owner the subscription is over already.
        }
        catch (Exception failed)
        {
            // Whatever it was, this subscription cannot be relied on any more; the next one reconciles.
            Log.SendFailed(_logger, failed.Message);
            reason = failed.Message;
        }

        await _session.ResubscribeAsync(_subscription, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A call to the master failed, subscribing again: {Reason}")]
        public static partial void SendFailed(ILogger logger, string reason);
    }
}
