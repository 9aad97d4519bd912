namespace Plenum.Storage;

/// <summary>
/// A watcher asks for changes that the bounded history no longer holds, or fell that far behind. It
/// lists its prefix again and watches from there.
/// </summary>
public sealed class StoreCompactedException(long oldestRevision)
    : Exception($"Changes up to revision {oldestRevision} are no longer kept: list again and watch from that revision")
{
    /// <summary>Watching after this revision, or any later one, works.</summary>
    public long OldestRevision { get; } = oldestRevision;
}
