using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Checkpointing;
using Plenum.Http.Time;

namespace Plenum.Agent.Loop;

/// <summary>
/// Owns the book: takes commands one after the other, makes the checkpoints of a batch durable, and only
/// then lets the batch's other effects happen, in their order. While the disk is at work it goes on taking
/// commands, whose effects are the next batch. Behind a disk that hangs commands wait unapplied, as nothing that
/// follows from them could leave; pings and readers are answered.
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

    /// <summary>Commands taken while one batch is written wait in memory, they or their effects; beyond, in the queue, and pings with them.</summary>
    private const int MaximumAhead = 16 * MaximumBatch;

    /// <summary>
    /// A disk at work for longer than any healthy one hangs: readers see what it is writing, since an agent whose pages hang is
    /// one that nobody can look into. Nothing that is promised leaves by that.
    /// </summary>
    private static readonly TimeSpan SlowWrite = TimeSpan.FromSeconds(1);

    /// <summary>One that hangs for this long may never come back. Without answers the master gives the agent up, and all begins elsewhere.</summary>
    private static readonly TimeSpan LongestHang = TimeSpan.FromMinutes(10);

    /// <summary>Pause before a disk that refuses checkpoints is asked again.</summary>
    private static readonly TimeSpan DiskRetry = TimeSpan.FromSeconds(1);

    private readonly AgentBook _book;
    private readonly CheckpointStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<LoopItem> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly ITimer _timer;
    private readonly Queue<AgentCommand> _held = new();
    private DateTimeOffset _lastLook;
    private bool _isHanging;
    private LoopRound _next = new();
    private LoopRound _current = new();
    private Task? _written;
    private Task<bool>? _more;
    private long _writeBegan;
    private int _ahead;
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
        // A tick that finds the queue full is not missed: the commands before it make the loop look too.
        _timer = clock.CreateTimer(
            static queue => ((ChannelWriter<LoopItem>)queue!).TryWrite(LoopItem.Tick),
            _queue.Writer,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whatever follows from commands waits for a disk that refuses to record them.</summary>
    public bool IsHeldByDisk { get; private set; }

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
            _book.Start(found.Records, found.CorruptKeys, containers, _clock.GetUtcNow(), _next.Effects);
            await ReleaseAsync(isWritten: false);
            while (await WaitAsync())
            {
                // Looked at once: the disk may be done at any moment.
                var isWritten = _written is { IsCompleted: true };
                TakeBatch(isWritten);
                await ReleaseAsync(isWritten);
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
        finally
        {
            // The store is closed next: nothing is written any more then.
            await (_written ?? Task.CompletedTask).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Until there is a command or the disk is done. False: nobody posts any more.</summary>
    private async Task<bool> WaitAsync()
    {
        if (_written is null || _ahead < MaximumAhead)
        {
            _more ??= _queue.Reader.WaitToReadAsync(_stopping).AsTask();
        }

        await (_written is null ? _more! : _more is null ? _written : Task.WhenAny(_more, _written));
        if (_more is not { IsCompleted: true } more)
        {
            return true;
        }

        _more = null;
        return await more;
    }

    private void TakeBatch(bool isWritten)
    {
        // 1. What waited for the disk.
        var lasted = _written is null ? TimeSpan.Zero : _clock.GetElapsedTime(_writeBegan);
        if (isWritten && lasted >= SlowWrite)
        {
            Apply(new AgentCommand.Delayed(lasted));
        }

        _isHanging = !isWritten && lasted >= SlowWrite;
        while (!_isHanging && _held.TryDequeue(out var held))
        {
            Apply(held);
        }

        if (_written is not null && !isWritten && _ahead >= MaximumAhead)
        {
            return;
        }

        // 2. What came. A ping waits for nothing, and what it changes is how long the master is waited for.
        for (var taken = 0; taken < MaximumBatch && _queue.Reader.TryRead(out var item); taken++)
        {
            if (item.Reader is { } reader)
            {
                _next.Readers.Add(reader);
            }
            else if (item.Command is AgentCommand.MasterMessageReceived { Message.Ping: not null } ping)
            {
                Apply(ping);
            }
            else if (item.Command is { } command)
            {
                _ahead++;
                if (_isHanging)
                {
                    _held.Enqueue(command);
                }
                else
                {
                    Apply(command);
                }
            }
        }

        // 3. What is due. Behind a hanging disk nothing is: its end would come right after what asks for it.
        if (_isHanging)
        {
            return;
        }

        var now = _clock.GetUtcNow();
        if (_book.NextDeadline <= now && _lastLook + LookInterval <= now)
        {
            _lastLook = now;
            Apply(new AgentCommand.Tick());
        }
    }

    private void Apply(AgentCommand command)
    {
        var now = _clock.GetUtcNow();
        _book.WallClockAhead = (_clock as SteadyTime)?.WallClockAhead ?? TimeSpan.Zero;
        _book.Apply(command, now, _next.Effects);
    }

    private async Task ReleaseAsync(bool isWritten)
    {
        if (_written is null || _clock.GetElapsedTime(_writeBegan) < LongestHang)
        {
            AnswerPings();
        }

        if (isWritten)
        {
            var written = _written!;
            _written = null;
            await written;
            Release(_current);
        }

        if (_written is null)
        {
            (_current, _next) = (_next, _current);
            _ahead = 0;
            Write();
        }
        else if (_clock.GetElapsedTime(_writeBegan) >= SlowWrite)
        {
            AnswerReaders(_current);
            AnswerReaders(_next);
        }

        Rearm();
    }

    /// <summary>
    /// They promise nothing but that this agent lives. Behind a disk that hangs for longer than the master's patience they
    /// would have every task here given up, none of which needs the disk.
    /// </summary>
    private void AnswerPings() => _next.Effects.RemoveAll(effect =>
    {
        if (effect is not AgentEffect.SendToMaster { Message.Pong: not null })
        {
            return false;
        }

        _sink.Accept(effect);
        return true;
    });

    /// <summary>Begins to write the current round's records; without any it is done at once.</summary>
    private void Write()
    {
        var quarantined = new List<string>();
        var changes = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (var effect in _current.Effects)
        {
            if (effect is AgentEffect.QuarantineCheckpoint quarantine)
            {
                quarantined.Add(quarantine.Key);
            }
            else if (effect is AgentEffect.WriteCheckpoint write)
            {
                changes[write.Key] = write.Value;
            }
        }

        if (changes.Count + quarantined.Count == 0)
        {
            Release(_current);
            return;
        }

        _writeBegan = _clock.GetTimestamp();
        _written = Task.Run(() => CommitAsync(quarantined, changes), CancellationToken.None);
    }

    private void Release(LoopRound round)
    {
        foreach (var effect in round.Effects)
        {
            if (effect is not (AgentEffect.WriteCheckpoint or AgentEffect.QuarantineCheckpoint))
            {
                _sink.Accept(effect);
            }
        }

        round.Effects.Clear();
        AnswerReaders(round);
    }

    private void AnswerReaders(LoopRound round)
    {
        if (round.Readers.Count > 0)
        {
            var snapshot = _book.Snapshot();
            foreach (var reader in round.Readers)
            {
                reader.TrySetResult(snapshot);
            }

            round.Readers.Clear();
        }
    }

    private async Task CommitAsync(List<string> quarantined, Dictionary<string, byte[]?> changes)
    {
        foreach (var key in quarantined)
        {
            _store.Quarantine(key);
        }

        while (changes.Count > 0)
        {
            try
            {
                _store.Commit(changes);
                IsHeldByDisk = false;
                return;
            }
            catch (IOException exception)
            {
                // Nothing may leave before it is recorded, so everything waits; the containers do not.
                if (!IsHeldByDisk)
                {
                    Log.DiskRefuses(_logger, exception);
                }

                IsHeldByDisk = true;
                await Task.Delay(DiskRetry, _clock, _stopping);
            }
        }
    }

    private void Rearm()
    {
        var wait = Timeout.InfiniteTimeSpan;
        if (!_isHanging && _book.NextDeadline is { } at && _ahead < MaximumAhead)
        {
            var soonest = _lastLook + LookInterval;
            wait = (at > soonest ? at : soonest) - _clock.GetUtcNow();
            // Timers count whole milliseconds: never arm one that would fire before its deadline for ever.
            wait = wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait;
        }

        // Readers that came before the disk was known to be slow.
        if (_current.Readers.Count + _next.Readers.Count > 0 && (wait == Timeout.InfiniteTimeSpan || wait > SlowWrite))
        {
            wait = SlowWrite;
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
