namespace Plenum.Storage;

/// <summary>A held lease: leadership. Disposing it gives it up.</summary>
public interface IStoreLease : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Grows with every holder.</summary>
    long Term { get; }

    /// <summary>Fires when the lease is lost; the holder must stop acting at once.</summary>
    CancellationToken Lost { get; }

    /// <summary>
    /// Whether the lease is still held, as of some moment after the question. True proves that until then nobody else
    /// held it, so that what the holder knew when it asked was still the truth. Costs nothing where leases never leave the
    /// process; where they do it is a look into the store, for a holder that was paused hears of its loss too late.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nobody can tell.</exception>
    ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken);
}
