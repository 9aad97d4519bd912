namespace Plenum.Storage;

/// <summary>A held lease: leadership. Disposing it gives it up.</summary>
public interface IStoreLease : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Grows with every holder.</summary>
    long Term { get; }

    /// <summary>Fires when the lease is lost; the holder must stop acting at once.</summary>
    CancellationToken Lost { get; }
}
