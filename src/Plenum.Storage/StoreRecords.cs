using System.Collections.Immutable;

namespace Plenum.Storage;

/// <summary>One key with its value; <paramref name="Revision"/> is the store revision that last wrote it.</summary>
public readonly record struct StoreEntry(string Key, ReadOnlyMemory<byte> Value, long Revision);

/// <summary>Put, or delete when <paramref name="Value"/> is null.</summary>
public readonly record struct StoreWrite(string Key, ReadOnlyMemory<byte>? Value)
{
    /// <summary>
    /// A null array deletes. Without this overload C# would turn it into an empty memory, which is a
    /// value to put.
    /// </summary>
    public StoreWrite(string key, byte[]? value)
        : this(key, value is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(value))
    {
    }
}

/// <summary>The key must stand at this revision; 0 means it must not exist.</summary>
public readonly record struct StoreCondition(string Key, long Revision);

/// <summary>One change seen by a watcher.</summary>
public readonly record struct StoreChange(string Key, ReadOnlyMemory<byte>? Value, long Revision);

/// <summary>Writes that are applied together when every condition holds and the lease is still held.</summary>
public sealed record StoreTransaction
{
    public ImmutableArray<StoreCondition> Conditions { get; init; } = [];

    public ImmutableArray<StoreWrite> Writes { get; init; } = [];

    public IStoreLease? Lease { get; init; }
}

/// <summary>
/// <paramref name="Revision"/> is the new store revision when committed, else the current one.
/// </summary>
public readonly record struct CommitResult(bool Committed, long Revision);
