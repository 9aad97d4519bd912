using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Loop;

/// <summary>
/// Owns the book: takes commands one after the other, makes the checkpoints of a batch durable, and only
/// then lets the batch's other effects happen, in their order.
/// </summary>
internal sealed partial class AgentLoop : IAsyncDisposable
{
    /// <summary>Commands that share one flush of the disk. At 1 ms a flush this is far above any launch rate.</summary>
    private const int MaximumBatch = 256;

    /// <summary>
    /// Between two looks at the deadlines. Those of hundreds of checks fall milliseconds apart, and waking a thread for each
    /// costs more than the check; a deadline after a quiet time is met at once.
    /// </summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Pause before a disk that refuses checkpoints is asked again.</summary>
    private static readonly TimeSpan DiskRetry = TimeSpan.FromSeconds(1);

    private readonly AgentBook _book;
    private readonly CheckpointStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<LoopItem> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly List<AgentEffect> _effects = [];
    private readonly List<TaskCompletionSource<AgentSnapshot>> _readers = [];
    private readonly ITimer _timer;
    private DateTimeOffset _lastLook;
    private IEffectSink _sink = null!;
    private Task _running = Task.CompletedTask;

    public AgentLoop(AgentBook book, CheckpointStore store, int maximumQueued, TimeProvider clock, ILogger logger)
    {
        _stopping = _stop.Token;
        _book = book;
        _store = store;
        _clock = clock;
        _logger = logger;
        _queue = Channel.CreateBounded<LoopItem>(new BoundedChannelOptions(maximumQueued) { SingleReader = true });
        // A tick that finds the queue full is not missed: the commands before it make the loop look at the
        // deadlines too.
        _timer = clock.CreateTimer(
            static queue => ((ChannelWriter<LoopItem>)queue!).TryWrite(LoopItem.Tick),
            _queue.Writer,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fails when the loop met a bug; the agent must end then, its containers live on.</summary>
    public Task Completion => _running;

    /// <summary>Starts the book with what was found and runs until disposed.</summary>
    public void Start(CheckpointContents found, IReadOnlyCollection<Book.RecoveredContainer> containers, IEffectSink sink)
    {
        _sink = sink;
        _running = Task.Run(() => RunAsync(found, containers));
    }

    /// <summary>Waits while the queue is full. After the loop has stopped the command goes nowhere.</summary>
    public async ValueTask PostAsync(AgentCommand command)
    {
        try
        {
            await _queue.Writer.WriteAsync(new LoopItem(command, Reader: null), _stopping);
        }
        catch (Exception exception) when (exception is ChannelClosedException or OperationCanceledException)
        {
            Log.Late(_logger, command.GetType().Name);
        }
    }

    /// <summary>The book after every command that was posted before.</summary>
    public async Task<AgentSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var reader = new TaskCompletionSource<AgentSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        await _queue.Writer.WriteAsync(new LoopItem(Command: null, reader), linked.Token);
        return await reader.Task.WaitAsync(linked.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _queue.Writer.TryComplete();
        await _running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _timer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(CheckpointContents found, IReadOnlyCollection<Book.RecoveredContainer> containers)
    {
        try
        {
            _book.Start(found.Records, found.CorruptKeys, containers, _clock.GetUtcNow(), _effects);
            await ReleaseAsync();
            while (await _queue.Reader.WaitToReadAsync(_stopping))
            {
                TakeBatch();
                await ReleaseAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger);
        }
        catch (Exception exception)
        {
            Log.Broken(_logger, exception);
            await _stop.CancelAsync();
            throw;
        }
    }

    private void TakeBatch()
    {
        for (var taken = 0; taken < MaximumBatch && _queue.Reader.TryRead(out var item); taken++)
        {
            if (item.Reader is { } reader)
            {
                _readers.Add(reader);
            }
            else if (item.Command is { } command)
            {
                _book.Apply(command, _clock.GetUtcNow(), _effects);
            }
        }

        var now = _clock.GetUtcNow();
        if (_lastLook > now)
        {
            // The clock was set back: no reason to wait until it is there again.
            _lastLook = now - LookInterval;
        }

        if (_book.NextDeadline <= now && _lastLook + LookInterval <= now)
        {
            _lastLook = now;
            _book.Apply(new AgentCommand.Tick(), now, _effects);
        }
    }

    private async Task ReleaseAsync()
    {
        await CommitAsync();
        foreach (var effect in _effects)
        {
            if (effect is not (AgentEffect.WriteCheckpoint or AgentEffect.QuarantineCheckpoint))
            {
                _sink.Accept(effect);
            }
        }

        _effects.Clear();
        if (_readers.Count > 0)
        {
            var snapshot = _book.Snapshot();
            foreach (var reader in _readers)
            {
                reader.TrySetResult(snapshot);
            }

            _readers.Clear();
        }

        Rearm();
    }

    private async Task CommitAsync()
    {
        var changes = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (var effect in _effects)
        {
            if (effect is AgentEffect.QuarantineCheckpoint quarantine)
            {
                _store.Quarantine(quarantine.Key);
            }
            else if (effect is AgentEffect.WriteCheckpoint write)
            {
                changes[write.Key] = write.Value;
            }
        }

        while (changes.Count > 0)
        {
            try
            {
                _store.Commit(changes);
                return;
            }
            catch (IOException exception)
            {
                // Nothing may leave before it is recorded, so everything waits; the containers do not.
                Log.DiskRefuses(_logger, exception);
                await Task.Delay(DiskRetry, _clock, _stopping);
            }
        }
    }

    private void Rearm()
    {
        var soonest = _lastLook + LookInterval;
        var wait = _book.NextDeadline is { } at ? (at > soonest ? at : soonest) - _clock.GetUtcNow() : Timeout.InfiniteTimeSpan;
        if (wait != Timeout.InfiniteTimeSpan && wait < TimeSpan.FromMilliseconds(1))
        {
            // Timers count whole milliseconds: never arm one that would fire before its deadline for ever.
            wait = TimeSpan.FromMilliseconds(1);
        }

        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Command} came after the agent's loop had stopped")]
        public static partial void Late(ILogger logger, string command);

        [LoggerMessage(2, LogLevel.Debug, "The agent's loop stopped")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(3, LogLevel.Critical, "The agent's loop broke; containers live on until the agent is back")]
        public static partial void Broken(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Error, "Checkpoints cannot be written; nothing is started or reported until they can")]
        public static partial void DiskRefuses(ILogger logger, Exception exception);
    }
}
