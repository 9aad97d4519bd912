namespace Plenum.Storage;

/// <summary>
/// The one door to durable state: versioned keys, all-or-nothing transactions with conditions, a
/// change feed and leases. SQLite stands behind it for a single master, etcd for several.
/// Keys are slash paths in ordinal order (<c>kernel/agents/…</c>, <c>marathon/apps/…</c>).
/// </summary>
public interface IStateStore : IAsyncDisposable
{
    ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Every entry below a prefix, in key order, as of one revision.</summary>
    IAsyncEnumerable<StoreEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Applies all writes or none. Returning <see cref="CommitResult.Committed"/> means durable.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The disk or the quorum failed; whether the writes were applied is unknown.</exception>
    ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Changes below a prefix after a revision, in order, until cancelled.</summary>
    IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken);

    /// <summary>
    /// Campaigns for a named lease and returns when it is held. Every transaction that names the
    /// lease is refused once it is lost, so that a deposed leader can write nothing.
    /// </summary>
    ValueTask<IStoreLease> AcquireLeaseAsync(string name, string holder, CancellationToken cancellationToken);
}
