using System.Runtime.CompilerServices;
using Plenum.Storage;

namespace Plenum.Master.Tests.Cluster;

/// <summary>A store in memory that outlives a master, and whose commits and lease a test can hold or break.</summary>
internal sealed class TestStore : IStateStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<TestLease> _leases = [];
    private long _revision;

    /// <summary>Commits wait for this.</summary>
    public TaskCompletionSource? CommitGate { get; set; }

    /// <summary>Campaigns wait for this.</summary>
    public TaskCompletionSource? LeaseGate { get; set; }

    /// <summary>Thrown by the next commits.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The next commits are refused, as for a deposed leader.</summary>
    public bool RefuseCommits { get; set; }

    public int Commits { get; private set; }

    /// <summary>Of one commit, as every store has it.</summary>
    public int LargestCommit { get; private set; }

    /// <summary>So many more commits succeed, and the next one finds the disk full.</summary>
    public int? CommitsLeft { get; set; }

    public TestLease Lease => _leases[^1];

    public string[] Keys
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Keys];
            }
        }
    }

    public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<StoreEntry?>(_entries.TryGetValue(key, out var entry) ? entry : null);
        }
    }

    public async IAsyncEnumerable<StoreEntry> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        StoreEntry[] found;
        lock (_gate)
        {
            found = [.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))];
        }

        foreach (var entry in found)
        {
            yield return entry;
        }
    }

    public async ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        if (CommitGate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        if (Failure is { } failure)
        {
            throw failure;
        }

        lock (_gate)
        {
            if (RefuseCommits || transaction.Lease != Lease)
            {
                return new CommitResult(false, _revision);
            }

            if (CommitsLeft-- <= 0)
            {
                throw new StoreUnavailableException("The disk is full.");
            }

            _revision++;
            Commits++;
            LargestCommit = Math.Max(LargestCommit, transaction.Writes.Length);
            foreach (var write in transaction.Writes)
            {
                if (write.Value is { } value)
                {
                    _entries[write.Key] = new StoreEntry(write.Key, value.ToArray(), _revision);
                }
                else
                {
                    _entries.Remove(write.Key);
                }
            }

            return new CommitResult(true, _revision);
        }
    }

    public IAsyncEnumerable<StoreChange> WatchAsync(
        string prefix, long afterRevision, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A master does not watch.");

    public async ValueTask<IStoreLease> AcquireLeaseAsync(
        string name, string holder, CancellationToken cancellationToken)
    {
        if (LeaseGate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        var lease = new TestLease(name, _leases.Count + 1);
        _leases.Add(lease);
        return lease;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
