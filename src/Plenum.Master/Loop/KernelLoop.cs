using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Metrics;
using Plenum.Storage;

namespace Plenum.Master.Loop;

/// <summary>
/// Owns the kernel. Commands queue up, one loop applies them in rounds, and a second one makes each
/// round's registry writes durable before it lets the other effects out, in order:
/// <list type="number">
/// <item>take what is queued, up to <see cref="MaxRound"/>, and apply it at one time;</item>
/// <item>hand the effects to the release loop, at most <see cref="MaxRoundsInFlight"/> rounds ahead;</item>
/// <item>release: merge the writes of all waiting rounds into one transaction under the leader's lease, or into as few as
/// take them all; when there are none, have the lease confirmed: answers from memory too are those of a master that leads;</item>
/// <item>then deliver events, messages and answers to readers, round by round.</item>
/// </list>
/// Applying never waits for the store or for a socket unless the store falls behind by the bound above.
/// A failure anywhere ends both loops for good: what was applied but not stored must not be seen.
/// </summary>
internal sealed partial class KernelLoop : IAsyncDisposable
{
    /// <summary>
    /// Commands that wait. Callers beyond it wait in their own requests, which is how pressure reaches
    /// clients.
    /// </summary>
    private const int QueueCapacity = 16_384;

    /// <summary>Long enough to share a transaction, short enough (about 20 ms) to keep latency low.</summary>
    private const int MaxRound = 512;

    private const int MaxRoundsInFlight = 8;

    /// <summary>A timer is never set further ahead: Timer's own limit is 49 days.</summary>
    private static readonly TimeSpan MaxSleep = TimeSpan.FromDays(1);

    private readonly ClusterKernel _kernel;
    private readonly IStateStore _store;
    private readonly IStoreLease _lease;
    private readonly Action<KernelEffect> _deliver;
    private readonly MasterMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private DateTimeOffset _now = DateTimeOffset.MinValue;

    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(QueueCapacity) { SingleReader = true });

    private readonly Channel<EffectBatch> _rounds = Channel.CreateBounded<EffectBatch>(
        new BoundedChannelOptions(MaxRoundsInFlight) { SingleReader = true, SingleWriter = true });

    private readonly Channel<EffectBatch> _spares = Channel.CreateBounded<EffectBatch>(MaxRoundsInFlight + 2);

    // Readers that want the newest state and no place in the order; one at a time, see SharedReads.
    private readonly ConcurrentQueue<Action<ClusterSnapshot>> _peeks = new();

    private Task _running = Task.CompletedTask;

    public KernelLoop(
        ClusterKernel kernel,
        IStateStore store,
        IStoreLease lease,
        Action<KernelEffect> deliver,
        MasterMetrics metrics,
        TimeProvider clock,
        ILogger logger)
    {
        _kernel = kernel;
        _store = store;
        _lease = lease;
        _deliver = deliver;
        _metrics = metrics;
        _clock = clock;
        _logger = logger;

        // The tick only wakes the loop; when the queue is full the loop is awake anyway and looks at
        // the deadline itself.
        _timer = clock.CreateTimer(
            _ => _queue.Writer.TryWrite(new Work(Tick, null)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static readonly KernelCommand Tick = new KernelCommand.Tick();

    /// <summary>Ends when the loop was disposed, or fails with what stopped it.</summary>
    public Task Completion => _completion.Task;

    public int QueuedCommands => _queue.Reader.Count;

    public int RoundsInFlight => _rounds.Reader.Count;

    public void Start() => _running = Task.WhenAll(Task.Run(ApplyAsync), Task.Run(ReleaseAsync));

    /// <summary>Queues a command behind all earlier ones; waits only while the queue is full.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended.</exception>
    public async ValueTask SubmitAsync(KernelCommand command, CancellationToken cancellationToken) =>
        await EnqueueAsync(new Work(command, null), cancellationToken);

    /// <summary>
    /// Runs <paramref name="reader"/> on the release loop with the state after everything submitted
    /// before, once that is durable and its effects have left. It must be quick and must not throw.
    /// </summary>
    /// <exception cref="MasterStoppedException">The loop has ended.</exception>
    public async ValueTask ReadAsync(Action<ClusterSnapshot> reader, CancellationToken cancellationToken) =>
        await EnqueueAsync(new Work(null, reader), cancellationToken);

    /// <summary>The state after everything submitted before, durable.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended.</exception>
    public async Task<ClusterSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ClusterSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        await ReadAsync(snapshot => answer.TrySetResult(snapshot), cancellationToken);
        return await UnlessStoppedAsync(answer.Task, cancellationToken);
    }

    /// <summary>
    /// The state after the next round, durable. Does not wait behind queued commands: a dashboard must not
    /// be slow because thousands of launches wait.
    /// </summary>
    /// <exception cref="MasterStoppedException">The loop has ended.</exception>
    public Task<ClusterSnapshot> PeekAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ClusterSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        _peeks.Enqueue(snapshot => answer.TrySetResult(snapshot));

        // Only to wake the loop: when the queue is full it is awake.
        _queue.Writer.TryWrite(default);
        return UnlessStoppedAsync(answer.Task, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _queue.Writer.TryComplete();
        await _running;
        await _timer.DisposeAsync();
        _completion.TrySetResult();
        _stopping.Dispose();
    }

    private async Task<ClusterSnapshot> UnlessStoppedAsync(
        Task<ClusterSnapshot> answer, CancellationToken cancellationToken) =>
        await Task.WhenAny(answer, Completion).WaitAsync(cancellationToken) == answer
            ? await answer
            : throw new MasterStoppedException();

    private async ValueTask EnqueueAsync(Work work, CancellationToken cancellationToken)
    {
        try
        {
            if (!_queue.Writer.TryWrite(work))
            {
                await _queue.Writer.WriteAsync(work, cancellationToken);
            }
        }
        catch (ChannelClosedException)
        {
            throw new MasterStoppedException();
        }
    }

    private async Task ApplyAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_stopping.Token))
            {
                if (!_spares.Reader.TryRead(out var round))
                {
                    round = new EffectBatch();
                }

                ApplyRound(round);
                if (round.IsEmpty)
                {
                    _spares.Writer.TryWrite(round);
                }
                else
                {
                    await _rounds.Writer.WriteAsync(round, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void ApplyRound(EffectBatch round)
    {
        // The kernel is promised that time does not run backwards, which a wall clock may do.
        var clock = _clock.GetUtcNow();
        _now = clock > _now ? clock : _now;
        for (var count = 0; count < MaxRound && _queue.Reader.TryRead(out var work); count++)
        {
            if (ReferenceEquals(work.Command, Tick))
            {
                _metrics.Allocation.ApplyTick(_kernel, _now, round.Effects);
            }
            else if (work.Command is { } command)
            {
                _kernel.Apply(command, _now, round.Effects);
            }
            else if (work.Reader is { } reader)
            {
                round.Readers.Add(reader);
            }
        }

        while (_peeks.TryDequeue(out var peek))
        {
            round.Readers.Add(peek);
        }

        if (_kernel.NextDeadline <= _now)
        {
            _metrics.Allocation.ApplyTick(_kernel, _now, round.Effects);
        }

        if (round.Readers.Count > 0)
        {
            round.Snapshot = _kernel.Snapshot();
        }

        ArmTimer();
    }

    private void ArmTimer()
    {
        var delay = Timeout.InfiniteTimeSpan;
        if (_kernel.NextDeadline is { } deadline)
        {
            delay = deadline - _clock.GetUtcNow();
            delay = delay < TimeSpan.Zero ? TimeSpan.Zero : delay > MaxSleep ? MaxSleep : delay;

            // Timers count whole milliseconds and round down; waking early would only come round again.
            delay = TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));
        }

        _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private async Task ReleaseAsync()
    {
        var rounds = new List<EffectBatch>(MaxRoundsInFlight);
        try
        {
            while (await _rounds.Reader.WaitToReadAsync(_stopping.Token))
            {
                while (rounds.Count < MaxRoundsInFlight && _rounds.Reader.TryRead(out var round))
                {
                    rounds.Add(round);
                }

                await StoreAsync(rounds);
                foreach (var round in rounds)
                {
                    Release(round);
                    round.Clear();
                    _spares.Writer.TryWrite(round);
                }

                rounds.Clear();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private async ValueTask StoreAsync(List<EffectBatch> rounds)
    {
        // The last write of a key wins, so that one transaction stands for all rounds. Where it takes several nothing of
        // these rounds leaves before the last of them.
        Dictionary<string, ReadOnlyMemory<byte>?>? writes = null;
        foreach (var round in rounds)
        {
            foreach (var effect in round.Effects)
            {
                if (effect is KernelEffect.WriteRegistry write)
                {
                    writes ??= new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
                    // The typed default matters: C# would read a bare null as an empty value to put.
                    writes[write.Key] = write.Value is { } value ? value.AsMemory() : default(ReadOnlyMemory<byte>?);
                }
            }
        }

        if (writes is null)
        {
            // What leaves without a write may be wrong by now all the same: another master that leads since may have
            // launched the task that this one would call gone.
            if (!await _lease.ConfirmAsync(_stopping.Token))
            {
                throw new LeadershipLostException(_lease.Name, _lease.Term);
            }

            return;
        }

        foreach (var transaction in RegistryBatches.Of(writes, _lease))
        {
            var started = _clock.GetTimestamp();
            var result = await _store.CommitAsync(transaction, _stopping.Token);
            if (!result.Committed)
            {
                throw new LeadershipLostException(_lease.Name, _lease.Term);
            }

            _metrics.StateStore.Record(_clock.GetElapsedTime(started));
        }

        foreach (var (key, value) in writes)
        {
            _metrics.Registry.Wrote(key, value?.Length);
        }
    }

    private void Release(EffectBatch round)
    {
        foreach (var effect in round.Effects)
        {
            if (effect is not KernelEffect.WriteRegistry)
            {
                _deliver(effect);
            }
        }

        foreach (var reader in round.Readers)
        {
            reader(round.Snapshot!);
        }
    }

    /// <summary>Stops everything at once, for a reason from inside or, as a lost lease, from outside.</summary>
    public void Fail(Exception exception)
    {
        if (_completion.TrySetException(exception))
        {
            Log.Failed(_logger, exception);
            _queue.Writer.TryComplete();
            _stopping.Cancel();
        }
    }

    private readonly record struct Work(KernelCommand? Command, Action<ClusterSnapshot>? Reader);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A kernel loop ended because the master is stopping")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(2, LogLevel.Critical, "The master stops: its state could not be advanced or stored. Nothing "
            + "after the failure was let out; a restart goes on from the last stored state")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
