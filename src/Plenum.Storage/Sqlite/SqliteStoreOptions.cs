namespace Plenum.Storage.Sqlite;

/// <summary>Where and how large an embedded store is.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>Made when missing, readable by its owner only. One process at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The database never grows beyond this; then writes fail with a clear message. 8 GiB is a
    /// hundred times what a cluster of 5,000 agents and 10,000 apps with their versions needs.
    /// </summary>
    public long MaxBytes { get; init; } = 8L * 1024 * 1024 * 1024;
}
