using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Plenum.Storage.Sqlite;

/// <summary>
/// The store of a single master: one SQLite file in a directory that this process has locked. One loop
/// writes; what is waiting when it comes round shares one SQLite transaction, because the flush to disk
/// is nearly all of a commit's cost.
/// </summary>
public sealed class SqliteStateStore : IStateStore
{
    private const string DatabaseName = "state.db";

    /// <summary>Commits that may wait for the disk. Further callers wait before the queue.</summary>
    private const int MaxWaiting = 8_192;

    /// <summary>
    /// Commits sharing one flush: at 60,000 rows a second the last of them still waits under 10 ms.
    /// </summary>
    private const int MaxBatch = 512;

    private readonly string _path;
    private readonly StateDirectoryLock _lock;
    private readonly SqliteDatabase _writer;
    private readonly SqliteDatabase _reader;
    private readonly Lock _readerGate = new();
    private readonly LeaseTable _leases = new();
    private readonly ChangeHistory _history;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Task _loop;
    private long _revision;
    private bool _isDisposed;

    private SqliteStateStore(string path, StateDirectoryLock directoryLock, SqliteDatabase writer, SqliteDatabase reader)
    {
        _path = path;
        _lock = directoryLock;
        _writer = writer;
        _reader = reader;
        _revision = writer.Revision;
        _history = new ChangeHistory(_revision);
        _loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>Locks the directory, checks the file and brings it up to date.</summary>
    /// <exception cref="StoreUnavailableException">In use, damaged, of a newer version, or not writable.</exception>
    public static SqliteStateStore Open(SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        MakeDirectory(options.Directory);
        var path = Path.Combine(options.Directory, DatabaseName);
        var directoryLock = StateDirectoryLock.Take(options.Directory);
        SqliteDatabase? writer = null;
        try
        {
            writer = SqliteDatabase.OpenForWriting(path, options.MaxBytes);
            return new SqliteStateStore(path, directoryLock, writer, SqliteDatabase.OpenForReading(path));
        }
        catch (Exception failure)
        {
            writer?.Dispose();
            directoryLock.Dispose();
            if (failure is SqliteException error)
            {
                throw SqliteErrors.Explain(error, path);
            }

            throw;
        }
    }

    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StoreLimits.CheckKey(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry?>(Read(database => database.Get(key)));
    }

    public async IAsyncEnumerable<StoreEntry> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        await ValueTask.CompletedTask;
        foreach (var entry in Read(database => database.List(prefix)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <remarks>Cancelling helps until the transaction is queued; from then on it is carried out.</remarks>
    public async ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        var pending = new Pending(transaction, Lease: null);
        await EnqueueAsync(pending, cancellationToken);
        return await pending.Done.Task;
    }

    public IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return _history.WatchAsync(prefix, afterRevision, cancellationToken);
    }

    public ValueTask<IStoreLease> AcquireLeaseAsync(string name, string holder, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(holder);
        return _leases.AcquireAsync(name, () => NextTermAsync(name), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        // What is queued is still written: somebody may be waiting for it.
        _queue.Writer.Complete();
        await _loop;
        await _leases.CloseAsync();
        _history.Close();
        lock (_readerGate)
        {
            _reader.Dispose();
        }

        _writer.Dispose();
        _lock.Dispose();
    }

    private async ValueTask<long> NextTermAsync(string name)
    {
        var pending = new Pending(Transaction: null, name);
        await EnqueueAsync(pending, CancellationToken.None);
        return (await pending.Done.Task).Revision;
    }

    private async ValueTask EnqueueAsync(Pending pending, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException("The state store is closed", closed);
        }
    }

    private T Read<T>(Func<SqliteDatabase, T> query)
    {
        lock (_readerGate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                return query(_reader);
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Explain(error, _path);
            }
        }
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<Pending>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            WriteBatch(batch);
        }
    }

    private void WriteBatch(List<Pending> batch)
    {
        var results = new List<(CommitResult Result, List<StoreChange> Changes)>(batch.Count);
        var revision = _revision;
        try
        {
            _writer.Begin();
            foreach (var pending in batch)
            {
                results.Add(Apply(pending, ref revision));
            }

            if (revision != _revision)
            {
                _writer.SetRevision(revision);
            }

            _writer.Commit();
        }
#pragma warning disable CA1031 // The edge of the loop: whatever went wrong belongs to those who wait for the commit.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Fail(batch, failure);
            return;
        }

        _revision = revision;
        for (var i = 0; i < batch.Count; i++)
        {
            _history.Append(results[i].Changes);
            batch[i].Done.TrySetResult(results[i].Result);
        }
    }

    private (CommitResult Result, List<StoreChange> Changes) Apply(Pending pending, ref long revision)
    {
        if (pending.Transaction is not { } transaction)
        {
            return (new CommitResult(true, _writer.NextTerm(pending.Lease!)), []);
        }

        if (!_leases.Allows(transaction.Lease) || !Holds(transaction))
        {
            return (new CommitResult(false, revision), []);
        }

        if (transaction.Writes.IsEmpty)
        {
            return (new CommitResult(true, revision), []);
        }

        revision++;
        var changes = new List<StoreChange>(transaction.Writes.Length);
        foreach (var write in transaction.Writes)
        {
            if (write.Value is { } value)
            {
                // A copy: watchers keep it longer than the caller keeps its buffer.
                var copy = value.ToArray();
                _writer.Put(write.Key, copy, revision);
                changes.Add(new StoreChange(write.Key, copy, revision));
            }
            else if (_writer.Delete(write.Key))
            {
                changes.Add(new StoreChange(write.Key, null, revision));
            }
        }

        return (new CommitResult(true, revision), changes);
    }

    private bool Holds(StoreTransaction transaction)
    {
        foreach (var condition in transaction.Conditions)
        {
            if (_writer.RevisionOf(condition.Key) != condition.Revision)
            {
                return false;
            }
        }

        return true;
    }

    private void Fail(List<Pending> batch, Exception failure)
    {
        try
        {
            _writer.RollbackIfOpen();

            // A commit that failed late may stand all the same: numbers go on from what the file says.
            _revision = Math.Max(_revision, _writer.Revision);
        }
        catch (SqliteException second)
        {
            failure = new AggregateException(failure, second);
        }

        var cause = failure is AggregateException both ? both.InnerExceptions[0] : failure;
        var answer = cause is SqliteException error
            ? SqliteErrors.Explain(error, _path)
            : new StoreUnavailableException($"The state database '{_path}' failed: {cause.Message}", failure);
        foreach (var pending in batch)
        {
            pending.Done.TrySetException(answer);
        }
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            // State holds secrets sooner or later: nobody but the owner reads it.
            if (OperatingSystem.IsWindows())
            {
                throw new PlatformNotSupportedException("Plenum's state directory needs Unix file modes");
            }

            Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The state directory '{directory}' cannot be made: {failure.Message}", failure);
        }
    }

    /// <summary>A transaction, or (with a name) the request for the next term of a lease.</summary>
    private sealed record Pending(StoreTransaction? Transaction, string? Lease)
    {
        internal TaskCompletionSource<CommitResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
