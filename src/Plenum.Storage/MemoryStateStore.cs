using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Plenum.Storage;

/// <summary>The store's contract without a disk: for tests and simulations. Nothing survives the object.</summary>
public sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _gate = new();
    private readonly ChangeHistory _history = new(startRevision: 0);
    private readonly LeaseTable _leases = new();
    private readonly Dictionary<string, long> _terms = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, StoreEntry> _entries =
        ImmutableSortedDictionary.Create<string, StoreEntry>(KeyOrder.Instance);
    private long _revision;
    private bool _isDisposed;

    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StoreLimits.CheckKey(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry?>(Entries().TryGetValue(key, out var entry) ? entry : null);
    }

    public async IAsyncEnumerable<StoreEntry> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        await ValueTask.CompletedTask;
        foreach (var (key, entry) in Entries())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return entry;
            }
        }
    }

    public ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_leases.Allows(transaction.Lease)
                || transaction.Conditions.Any(c => _entries.GetValueOrDefault(c.Key).Revision != c.Revision))
            {
                return new ValueTask<CommitResult>(new CommitResult(false, _revision));
            }

            if (!transaction.Writes.IsEmpty)
            {
                Apply(transaction.Writes);
            }

            return new ValueTask<CommitResult>(new CommitResult(true, _revision));
        }
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
        return _leases.AcquireAsync(name, () => new ValueTask<long>(NextTerm(name)), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _history.Close();
        await _leases.CloseAsync();
    }

    private ImmutableSortedDictionary<string, StoreEntry> Entries()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _entries;
        }
    }

    private void Apply(ImmutableArray<StoreWrite> writes)
    {
        _revision++;
        var entries = _entries.ToBuilder();
        var changes = new List<StoreChange>(writes.Length);
        foreach (var write in writes)
        {
            if (write.Value is { } given)
            {
                // A caller may reuse its buffer.
                var value = given.ToArray();
                entries[write.Key] = new StoreEntry(write.Key, value, _revision);
                changes.Add(new StoreChange(write.Key, value, _revision));
            }
            else if (entries.Remove(write.Key))
            {
                changes.Add(new StoreChange(write.Key, null, _revision));
            }
        }

        _entries = entries.ToImmutable();
        _history.Append(changes);
    }

    private long NextTerm(string name)
    {
        lock (_gate)
        {
            return _terms[name] = _terms.GetValueOrDefault(name) + 1;
        }
    }
}
