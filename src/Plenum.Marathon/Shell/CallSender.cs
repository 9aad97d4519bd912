using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Marathon.Shell;

/// <summary>
/// Sends the calls of one subscription in their order, beside the loop: a slow master must not stop the orchestrator
/// from answering its clients.
/// </summary>
internal sealed partial class CallSender : IAsyncDisposable
{
    // A burst of a thousand launches, each with its acknowledgements, several times over. A master that is further
    // behind is as good as gone: the subscription is broken and reconciled anew.
    private const int MaxQueuedCalls = 65_536;

    private readonly Channel<Call> _calls = Channel.CreateBounded<Call>(
        new BoundedChannelOptions(MaxQueuedCalls) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _broken = new();
    private readonly ISchedulerConnection _connection;
    private readonly ILogger _logger;
    private readonly Task _loop;
    private FrameworkID? _frameworkId;

    public CallSender(ISchedulerConnection connection, ILogger logger)
    {
        _connection = connection;
        _logger = logger;
        _loop = Task.Run(SendAllAsync);
    }

    /// <summary>Fires when no further call can be sent: subscribe again.</summary>
    public CancellationToken Broken => _broken.Token;

    public void Send(Call call, string frameworkId)
    {
        _frameworkId ??= new FrameworkID { Value = frameworkId };
        call.FrameworkId = _frameworkId;
        if (!_calls.Writer.TryWrite(call))
        {
            _broken.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _calls.Writer.TryComplete();
        // Not disposed: the core's loop may still hold this sender and send; that call is dropped, as any to a broken
        // subscription, and the next one reconciles. A cancelled source holds nothing that needs disposing.
        await _broken.CancelAsync();
        await _loop;
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var call in _calls.Reader.ReadAllAsync(_broken.Token))
            {
                await _connection.SendAsync(call, _broken.Token);
            }
        }
        catch (OperationCanceledException) when (_broken.IsCancellationRequested)
        {
            // Closed by its owner, or the queue overflowed: both end here.
        }
        catch (Exception failed)
        {
            // Whatever it was, this subscription cannot be relied on any more; the next one reconciles.
            Log.SendFailed(_logger, failed.Message);
            await _broken.CancelAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A call to the master failed, subscribing again: {Reason}")]
        public static partial void SendFailed(ILogger logger, string reason);
    }
}
