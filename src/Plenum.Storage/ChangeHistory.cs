using System.Runtime.CompilerServices;

namespace Plenum.Storage;

/// <summary>
/// The newest changes in revision order, for watchers. Each watcher keeps only its place: one that reads
/// slowly costs nothing, and is told so when its place has been dropped.
/// </summary>
internal sealed class ChangeHistory(long startRevision)
{
    /// <summary>Copied out under the lock at most this many at a time.</summary>
    private const int ReadBatch = 256;

    private readonly Lock _gate = new();
    private readonly Queue<StoreChange> _changes = new();
    private TaskCompletionSource _appended = NewSignal();
    private long _droppedUpTo = startRevision;
    private long _firstSequence;
    private long _bytes;
    private bool _isClosed;

    /// <summary>All changes of one transaction, which share their revision.</summary>
    internal void Append(IReadOnlyCollection<StoreChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        TaskCompletionSource signal;
        lock (_gate)
        {
            foreach (var change in changes)
            {
                _changes.Enqueue(change);
                _bytes += SizeOf(change);
            }

            Trim();
            (signal, _appended) = (_appended, NewSignal());
        }

        signal.TrySetResult();
    }

    internal void Close()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _isClosed = true;
            signal = _appended;
        }

        signal.TrySetResult();
    }

    internal async IAsyncEnumerable<StoreChange> WatchAsync(
        string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sequence = FirstSequenceAfter(afterRevision);
        var batch = new List<StoreChange>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var signal = Read(ref sequence, batch);
            foreach (var change in batch)
            {
                if (change.Key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    yield return change;
                }
            }

            if (batch.Count == 0)
            {
                await signal.WaitAsync(cancellationToken);
            }
        }
    }

    private long FirstSequenceAfter(long revision)
    {
        lock (_gate)
        {
            if (revision < _droppedUpTo)
            {
                throw new StoreCompactedException(_droppedUpTo);
            }

            var skipped = 0;
            foreach (var change in _changes)
            {
                if (change.Revision > revision)
                {
                    break;
                }

                skipped++;
            }

            return _firstSequence + skipped;
        }
    }

    private Task Read(ref long sequence, List<StoreChange> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            if (sequence < _firstSequence)
            {
                throw new StoreCompactedException(_droppedUpTo);
            }

            ObjectDisposedException.ThrowIf(_isClosed, typeof(IStateStore));
            batch.AddRange(_changes.Skip((int)(sequence - _firstSequence)).Take(ReadBatch));
            sequence += batch.Count;
            return _appended.Task;
        }
    }

    // A transaction is dropped whole: nobody may see half of one.
    private void Trim()
    {
        while (_changes.Count > StoreLimits.MaxHistoryChanges || _bytes > StoreLimits.MaxHistoryBytes)
        {
            _droppedUpTo = _changes.Peek().Revision;
            while (_changes.TryPeek(out var oldest) && oldest.Revision == _droppedUpTo)
            {
                _changes.Dequeue();
                _firstSequence++;
                _bytes -= SizeOf(oldest);
            }
        }
    }

    private static long SizeOf(StoreChange change) => (change.Key.Length * 2L) + (change.Value?.Length ?? 0);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
