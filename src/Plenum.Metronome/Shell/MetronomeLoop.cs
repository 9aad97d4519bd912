using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Marathon.Events;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Shell;
using Plenum.Metronome.Core;
using Plenum.Metronome.Events;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Storage;

namespace Plenum.Metronome.Shell;

/// <summary>
/// Runs the core: takes what waits, lets the core decide, stores, and only then sends, announces and answers. What
/// came in together shares one store transaction.
/// </summary>
internal sealed partial class MetronomeLoop : IMetronome, ISchedulerListener, IAsyncDisposable
{
    // Beside the requests, which have a bound of their own, the one producer is the event stream, which waits.
    private const int MaxQueuedItems = 4096;

    // Bounds the store transaction: a batch is what clients of one moment wait for together.
    private const int MaxBatch = 256;

    // Timers take at most 49 days.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly Channel<WorkItem> _queue = Channel.CreateBounded<WorkItem>(
        new BoundedChannelOptions(MaxQueuedItems) { SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly MetronomeCore _core;
    private readonly IStateStore _store;
    private readonly TimeProvider _steady;
    private readonly TimeProvider _wall;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private volatile MetronomeSnapshot _snapshot;
    private CallSender? _sender;
    private Task _completion = Task.CompletedTask;
    private int _pendingRequests;

    /// <param name="steady">Time of deadlines.</param>
    /// <param name="wall">Time of schedules.</param>
    public MetronomeLoop(
        MetronomeCore core, MetronomeOptions options, IStateStore store, TimeProvider steady, TimeProvider wall, ILogger logger)
    {
        _core = core;
        _store = store;
        _steady = steady;
        _wall = wall;
        _logger = logger;
        Options = options;
        _snapshot = core.Snapshot();

        // A full queue loses the tick, but the loop looks at the deadlines after everything it does anyway.
        _timer = steady.CreateTimer(
            _ => _queue.Writer.TryWrite(new WorkItem.Tick()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public MetronomeOptions Options { get; }

    public MetronomeSnapshot Snapshot => _snapshot;

    public EventHub<JobEvent> Events { get; } = new();

    /// <summary>Fails when the store does: the scheduler cannot go on, and the process should be started again.</summary>
    public Task Completion => _completion;

    private CoreTime Now => new(_steady.GetUtcNow(), _wall.GetUtcNow());

    /// <param name="restored">What the core wanted done when it was restored.</param>
    public void Start(List<MetronomeEffect> restored) => _completion = Task.Run(() => RunAsync(restored));

    public async Task<JobResult> RequestAsync(
        Func<MetronomeCore, CoreTime, List<MetronomeEffect>, JobResult> perform, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _pendingRequests) > Options.MaxPendingRequests)
        {
            Interlocked.Decrement(ref _pendingRequests);
            throw new MetronomeBusyException(Options.MaxPendingRequests);
        }

        try
        {
            // Once queued it is carried out, whether or not the client still waits.
            return (JobResult)await AskAsync(perform, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingRequests);
        }
    }

    public async Task<Call> SubscribeCallAsync(CancellationToken cancellationToken) =>
        (Call)await AskAsync(static (core, _, _) => core.SubscribeCall(), cancellationToken);

    public ValueTask ConnectedAsync(CallSender sender, CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.Connected(sender), cancellationToken);

    public ValueTask DisconnectedAsync(CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.Disconnected(), cancellationToken);

    public ValueTask HandleAsync(IReadOnlyList<Event> events, CancellationToken cancellationToken) =>
        PostAsync(new WorkItem.SchedulerEvents(events), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _queue.Writer.TryComplete();
        await _timer.DisposeAsync();
        await Task.WhenAny(_completion);
        Events.Close();
        _stop.Dispose();
    }

    private async Task<object> AskAsync(
        Func<MetronomeCore, CoreTime, List<MetronomeEffect>, object> perform, CancellationToken cancellationToken)
    {
        var request = new WorkItem.Request(perform);
        await PostAsync(request, cancellationToken);
        return await request.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Waits for room. After the loop ended, what is posted has no effect.</summary>
    private async ValueTask PostAsync(WorkItem item, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            FailWaiting([item]);
        }
    }

    private async Task RunAsync(List<MetronomeEffect> restored)
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
        var effects = new List<MetronomeEffect>();
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

        _core.Tick(Now, effects);
        await CarryOutAsync(effects, answers);
    }

    private void Decide(
        WorkItem item, List<MetronomeEffect> effects, List<(TaskCompletionSource<object> Waiting, object Answer)> answers)
    {
        switch (item)
        {
            case WorkItem.Request request:
                answers.Add((request.Answer, request.Perform(_core, Now, effects)));
                break;
            case WorkItem.SchedulerEvents events:
                _core.Handle(events.Events, Now, effects);
                break;
            case WorkItem.Connected connected:
                _sender = connected.Sender;
                break;
            case WorkItem.Disconnected:
                _sender = null;
                _core.Disconnected(Now, effects);
                break;
            case WorkItem.Tick:
                // The deadlines are looked at after every turn.
                break;
            default:
                throw new InvalidOperationException($"{item.GetType().Name} has no handler");
        }
    }

    /// <summary>1. Writes, durable. 2. The snapshot. 3. Everything else, in order. 4. The answers.</summary>
    private async Task CarryOutAsync(
        List<MetronomeEffect> effects, List<(TaskCompletionSource<object> Waiting, object Answer)> answers)
    {
        // Of several writes to one key in a turn only the last is worth a place in the transaction.
        var last = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (var write in effects.OfType<MetronomeEffect.Write>())
        {
            last[write.Key] = write.Value;
        }

        foreach (var transaction in StoreBatches.Of(last))
        {
            var result = await _store.CommitAsync(transaction, CancellationToken.None);
            if (!result.Committed)
            {
                throw new StoreUnavailableException("the store refused a write without conditions: the lead is lost");
            }
        }

        // Readers see the new state before anybody is told of it.
        _snapshot = _core.Snapshot();
        foreach (var effect in effects)
        {
            if (effect is MetronomeEffect.Send send)
            {
                _sender?.Send(send.Call);
            }
            else if (effect is MetronomeEffect.Publish publish)
            {
                Events.Publish(publish.Event);
            }
        }

        foreach (var (waiting, answer) in answers)
        {
            waiting.TrySetResult(answer);
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
        var delay = due - _steady.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        _timer.Change(
            delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestDelay ? LongestDelay : delay, Timeout.InfiniteTimeSpan);

        // It came while the timer was being set, by a time that is older than it.
        if (due <= _steady.GetUtcNow())
        {
            _queue.Writer.TryWrite(new WorkItem.Tick());
        }
    }

    private static void FailWaiting(IEnumerable<WorkItem> items)
    {
        foreach (var item in items)
        {
            (item as WorkItem.Request)?.Answer.TrySetException(new MetronomeStoppedException());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "The job scheduler stops: its state cannot be kept")]
        public static partial void LoopFailed(ILogger logger, Exception exception);
    }
}
