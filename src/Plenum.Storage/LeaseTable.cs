using System.Collections.Concurrent;

namespace Plenum.Storage;

/// <summary>
/// Leases of a store that one process owns: who asks for a held one waits until it is given up. The
/// term comes from the store, because it must grow over restarts too.
/// </summary>
internal sealed class LeaseTable
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<LocalLease, bool> _held = new();
    private volatile bool _isClosed;

    internal async ValueTask<IStoreLease> AcquireAsync(
        string name, Func<ValueTask<long>> nextTerm, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(name, static _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(IStateStore));
            var lease = new LocalLease(this, name, await nextTerm(), turn);
            _held[lease] = true;
            return lease;
        }
        catch
        {
            turn.Release();
            throw;
        }
    }

    /// <summary>True when the transaction names no lease, or one of this store that is still held.</summary>
    internal bool Allows(IStoreLease? lease) =>
        lease is null || (lease is LocalLease local && _held.ContainsKey(local));

    internal async ValueTask CloseAsync()
    {
        _isClosed = true;
        foreach (var lease in _held.Keys)
        {
            await lease.DisposeAsync();
        }
    }

    private sealed class LocalLease(LeaseTable table, string name, long term, SemaphoreSlim turn) : IStoreLease
    {
        private readonly CancellationTokenSource _lost = new();

        public string Name { get; } = name;

        public long Term { get; } = term;

        public CancellationToken Lost => _lost.Token;

        public ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken) => ValueTask.FromResult(table._held.ContainsKey(this));

        public async ValueTask DisposeAsync()
        {
            if (table._held.TryRemove(this, out _))
            {
                // The holder stops before the next one starts.
                await _lost.CancelAsync();
                turn.Release();
            }
        }
    }
}
