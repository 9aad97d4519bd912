namespace Plenum.Storage;

/// <summary>The store cannot answer: disk full, file damaged, quorum lost. The text says what to do.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Nothing is wrong but the room: what was answered is kept, and a later try may find some.</summary>
    public bool IsDiskFull { get; init; }
}
