using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Persistence;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Storage;

namespace Plenum.Marathon.Shell;

/// <summary>
/// Runs the core: takes what waits, lets the core decide, stores, and only then sends, announces and answers. What
/// came in together shares one store transaction.
/// </summary>
internal sealed partial class MarathonLoop : IMarathon, ISchedulerListener, IAsyncDisposable
{
    // Beside the requests, which have a bound of their own, the producers are the event stream and the probes; both
    // wait when the loop is behind.
    private const int MaxQueuedItems = 4096;

    // Bounds the store transaction: a batch is what clients of one moment wait for together.
    private const int MaxBatch = 256;

    private readonly Channel<WorkItem> _queue = Channel.CreateBounded<WorkItem>(
        new BoundedChannelOptions(MaxQueuedItems) { SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly MarathonCore _core;
    private readonly IStateStore _store;
    private readonly TimeProvider _clock;
    private readonly Prober _prober;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private volatile MarathonSnapshot _snapshot;
    private CallSender? _sender;
    private Task _completion = Task.CompletedTask;
    private int _pendingRequests;

    public MarathonLoop(
        MarathonCore core,
        MarathonOptions options,
        IStateStore store,
        TimeProvider clock,
        ILogger logger)
    {
        _core = core;
        _store = store;
        _clock = clock;
        _logger = logger;
        Options = options;
        _prober = new Prober(options.MaxConcurrentProbes, clock);
        _snapshot = core.Snapshot();

        // A full queue loses the tick, but the loop looks at the deadlines after everything it does anyway.
        _timer = clock.CreateTimer(
            _ => _queue.Writer.TryWrite(new WorkItem.Tick()),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public MarathonSnapshot Snapshot => _snapshot;

    public MarathonOptions Options { get; }

    public EventHub Events { get; } = new();

    /// <summary>Fails when the store does: the orchestrator cannot go on, and the process should be started again.</summary>
    public Task Completion => _completion;

    /// <param name="restored">What the core wanted done when it was restored.</param>
    public void Start(List<MarathonEffect> restored) =>
        _completion = Task.Run(() => RunAsync(restored));

    public async Task<RootUpdateResult> UpdateRootAsync(RootUpdate update, CancellationToken cancellationToken) =>
        (RootUpdateResult)await RequestAsync(
            (core, now, effects) => core.UpdateRoot(update, now, effects), cancellationToken);

    public async Task<KillTasksResult> KillTasksAsync(KillTasks request, CancellationToken cancellationToken) =>
        (KillTasksResult)await RequestAsync(
            (core, now, effects) => core.KillTasks(request, now, effects), cancellationToken);

    public async Task<RootUpdateResult> CancelDeploymentAsync(
        string deploymentId, bool force, CancellationToken cancellationToken) =>
        (RootUpdateResult)await RequestAsync(
            (core, now, effects) => core.CancelDeployment(deploymentId, force, now, effects), cancellationToken);

    public async Task<DeploymentOrderResult> OrderDeploymentAsync(
        string deploymentId, DeploymentOrder order, CancellationToken cancellationToken) =>
        (DeploymentOrderResult)await RequestAsync(
            (core, now, effects) => core.OrderDeployment(deploymentId, order, now, effects), cancellationToken);

    public async Task<bool> ResetDelayAsync(PathId app, CancellationToken cancellationToken) =>
        (bool)await RequestAsync((core, now, effects) => core.ResetDelay(app, now, effects), cancellationToken);

    public async Task<Call> SubscribeCallAsync(CancellationToken cancellationToken)
    {
        var request = new WorkItem.Request((core, _, _) => core.SubscribeCall());
        await PostAsync(request, cancellationToken);
        return (Call)await request.Answer.Task.WaitAsync(cancellationToken);
    }

    public ValueTask ConnectedAsync(CallSender sender, CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.Connected(sender), cancellationToken);

    public ValueTask DisconnectedAsync(CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.Disconnected(), cancellationToken);

    public ValueTask HandleAsync(IReadOnlyList<Event> events, CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.SchedulerEvents(events), cancellationToken);

    /// <summary>Waits for room. After the loop ended, what is posted has no effect.</summary>
    public async ValueTask PostAsync(WorkItem item, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            (item as WorkItem.Request)?.Answer.TrySetCanceled(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _queue.Writer.TryComplete();
        await _timer.DisposeAsync();
        await Task.WhenAny(_completion);
        Events.Close();
        _prober.Dispose();
        _stop.Dispose();
    }

    private async Task<object> RequestAsync(
        Func<MarathonCore, DateTimeOffset, List<MarathonEffect>, object> perform,
        CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _pendingRequests) > Options.MaxPendingRequests)
        {
            Interlocked.Decrement(ref _pendingRequests);
            throw new MarathonBusyException(Options.MaxPendingRequests);
        }

        try
        {
            var request = new WorkItem.Request(perform);
            await PostAsync(request, cancellationToken);

            // Once queued it is carried out, whether or not the client still waits.
            return await request.Answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingRequests);
        }
    }

    private async Task RunAsync(List<MarathonEffect> restored)
    {
        var batch = new List<WorkItem>();
        try
        {
            await CarryOutAsync(restored, []);
            SetTimer();
            while (await _queue.Reader.WaitToReadAsync(_stop.Token))
            {
                batch.Clear();
                while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
                {
                    batch.Add(item);
                }

                await TurnAsync(batch);
                SetTimer();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        catch (Exception failed)
        {
            Log.LoopFailed(_logger, failed);
            throw;
        }
        finally
        {
            _queue.Writer.TryComplete();
            FailWaiting(batch);
            while (_queue.Reader.TryRead(out var item))
            {
                FailWaiting([item]);
            }
        }
    }

    private async Task TurnAsync(List<WorkItem> batch)
    {
        var effects = new List<MarathonEffect>();
        var answers = new List<(TaskCompletionSource<object> Waiting, object Answer)>();
        foreach (var item in batch)
        {
            // A connection changes hands between two turns of effects: what was decided for the old one goes there.
            if (item is WorkItem.Connected or WorkItem.Disconnected && effects.Count > 0)
            {
                await CarryOutAsync(effects, answers);
                effects = [];
                answers = [];
            }

            Decide(item, effects, answers);
        }

        if (_core.NextDeadline is { } due && due <= _clock.GetUtcNow())
        {
            _core.Tick(_clock.GetUtcNow(), effects);
        }

        await CarryOutAsync(effects, answers);
    }

    private void Decide(
        WorkItem item,
        List<MarathonEffect> effects,
        List<(TaskCompletionSource<object> Waiting, object Answer)> answers)
    {
        var now = _clock.GetUtcNow();
        switch (item)
        {
            case WorkItem.Request request:
                answers.Add((request.Answer, request.Perform(_core, now, effects)));
                break;
            case WorkItem.SchedulerEvents events:
                _core.Handle(events.Events, now, effects);
                break;
            case WorkItem.Connected connected:
                _sender = connected.Sender;
                break;
            case WorkItem.Disconnected:
                _sender = null;
                _core.Disconnected(now, effects);
                break;
            case WorkItem.ProbeFinished probe:
                _core.ProbeFinished(probe.Id, probe.Outcome, now, effects);
                break;
            case WorkItem.Tick:
                // The deadlines are looked at after every turn.
                break;
            default:
                throw new InvalidOperationException($"{item.GetType().Name} has no handler");
        }
    }

    /// <summary>1. Writes, durable. 2. Everything else, in order. 3. The snapshot. 4. The answers.</summary>
    private async Task CarryOutAsync(
        List<MarathonEffect> effects,
        List<(TaskCompletionSource<object> Waiting, object Answer)> answers)
    {
        await StoreAsync(effects);

        // Readers see the new state before anybody is told of it.
        _snapshot = _core.Snapshot();
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case MarathonEffect.Send send:
                    _sender?.Send(send.Call);
                    break;
                case MarathonEffect.Publish publish:
                    Events.Publish(publish.Event);
                    break;
                case MarathonEffect.Probe probe:
                    _ = ProbeAsync(probe.Request);
                    break;
                default:
                    break;
            }
        }

        foreach (var (waiting, answer) in answers)
        {
            waiting.TrySetResult(answer);
        }
    }

    private async Task StoreAsync(List<MarathonEffect> effects)
    {
        // Of several writes to one key in a turn only the last is worth a place in the transaction.
        var last = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (var effect in effects)
        {
            if (effect is MarathonEffect.Write write)
            {
                last[write.Key] = write.Value;
            }
        }

        foreach (var transaction in StoreBatches.Of(last))
        {
            var result = await _store.CommitAsync(transaction, CancellationToken.None);
            if (!result.Committed)
            {
                throw new StoreUnavailableException("the store refused a write without conditions: the lead is lost");
            }
        }
    }

    private async Task ProbeAsync(Health.ProbeRequest request)
    {
        try
        {
            var outcome = await _prober.ProbeAsync(request, _stop.Token);
            await PostAsync(new WorkItem.ProbeFinished(request.Id, outcome), _stop.Token);
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            // The orchestrator stops: the next one probes again.
        }
    }

    private void SetTimer()
    {
        if (_core.NextDeadline is not { } due)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Rounded up to the timer's resolution, so that it does not fire just before the deadline, in vain.
        var delay = due - _clock.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        _timer.Change(
            delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestDelay ? LongestDelay : delay,
            Timeout.InfiniteTimeSpan);
    }

    // Timers take at most 49 days.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private static void FailWaiting(IEnumerable<WorkItem> items)
    {
        foreach (var item in items)
        {
            (item as WorkItem.Request)?.Answer.TrySetException(new MarathonStoppedException());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "The orchestrator stops: its state cannot be kept")]
        public static partial void LoopFailed(ILogger logger, Exception exception);
    }
}
