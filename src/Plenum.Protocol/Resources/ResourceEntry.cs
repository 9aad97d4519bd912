using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>
/// One resource of a set: an identity and an amount. 24 bytes, so that a set is one small array.
/// </summary>
public readonly struct ResourceEntry
{
    // Which of these the detail is follows from the kind: ulong[] pairs, string[] sorted, VolumeUse or null.
    private readonly object? _detail;

    internal ResourceEntry(ResourceKey key, long millis, object? detail = null)
    {
        Key = key;
        Millis = millis;
        _detail = detail;
    }

    public string Name => Key.Name;

    public Value.Types.Type Kind => Key.Kind;

    /// <summary>A scalar's amount in thousandths; 0 for ranges and sets.</summary>
    public long Millis { get; }

    /// <summary>Amount as Mesos counts it for quotas and minimum offers: a range or set counts its members.</summary>
    public long QuantityMillis => Kind switch
    {
        Value.Types.Type.Ranges => Ranges.QuantityMillis,
        Value.Types.Type.Set => Items.Length * 1000L,
        _ => Millis,
    };

    public PortRanges Ranges => new(_detail as ulong[]);

    public ImmutableArray<string> Items =>
        _detail is string[] items ? System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(items) : [];

    /// <summary>Bottom to top; the last one holds the effective role.</summary>
    public ImmutableArray<Reservation> Reservations => Key.Reservations;

    /// <summary>Role of the top reservation, <c>*</c> when unreserved.</summary>
    public string Role => Key.Role;

    public bool IsUnreserved => Key.Reservations.IsEmpty;

    public bool IsDynamicallyReserved => !Key.Reservations.IsEmpty && Key.Reservations[^1].IsDynamic;

    /// <summary>More than one reservation: the pre-refinement format has no words for it.</summary>
    public bool IsRefined => Key.Reservations.Length > 1;

    public string? AllocationRole => Key.AllocationRole;

    public string? ProviderId => Key.ProviderId;

    public bool IsRevocable => Key.IsRevocable;

    public bool IsShared => Key.IsShared;

    public bool IsPersistentVolume => Key.IsPersistentVolume;

    public string? PersistenceId => Key.Disk?.Persistence?.Id;

    public bool HasDisk => Key.Disk is not null;

    public bool IsIndivisible => Key.IsIndivisible;

    /// <summary>Same identity and, for indivisible disks, same size: the mount point does not count.</summary>
    public bool HasSameIdentity(in ResourceEntry other) => Compare(this, other) == 0;

    internal ResourceKey Key { get; }

    internal object? Detail => _detail;

    /// <summary>How often a shared resource is held; 1 for any other.</summary>
    public int Uses => _detail is VolumeUse use ? use.Count : 1;

    internal Volume? MountPoint => (_detail as VolumeUse)?.Volume;

    internal bool IsNothing => Kind switch
    {
        Value.Types.Type.Ranges => Ranges.IsEmpty,
        Value.Types.Type.Set => _detail is not string[] { Length: > 0 },
        _ => Millis <= 0,
    };

    /// <summary>Position in a set. Indivisible resources of one identity stand side by side, by size.</summary>
    internal static int Compare(in ResourceEntry left, in ResourceEntry right)
    {
        var order = left.Key.CompareTo(right.Key);
        return order != 0 || !left.Key.IsIndivisible ? order : left.Millis.CompareTo(right.Millis);
    }

    internal ResourceEntry WithKey(ResourceKey key) => new(key, Millis, _detail);

    /// <summary>Mount point (outside identity) and use count of a disk resource.</summary>
    internal sealed record VolumeUse(Volume? Volume, int Count);
}
