using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Plenum.Protocol.V1;
using DiskInfo = Plenum.Protocol.V1.Resource.Types.DiskInfo;
using DiskSourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Protocol.Resources;

/// <summary>
/// What makes two resources addable: name, kind, reservation stack, allocation role, provider, disk
/// (without its mount point), revocable and shared. Interned, so that the usual comparison is one of
/// references; a key that found the table full still compares right, by its text.
/// </summary>
internal sealed class ResourceKey : IComparable<ResourceKey>, IEquatable<ResourceKey>
{
    /// <summary>
    /// A cluster of 5,000 agents with 20 roles and 3 plain resources each needs some hundred keys; only
    /// persistent volumes bring one each. Beyond the bound keys are made anew and collected.
    /// </summary>
    private const int MaxInterned = 65_536;

    private static readonly ConcurrentDictionary<(string Name, Value.Types.Type Kind, string? AllocationRole), ResourceKey>
        PlainKeys = new();

    private static readonly ConcurrentDictionary<(string Name, Value.Types.Type Kind, string Tail, string? AllocationRole), ResourceKey>
        OtherKeys = new();

    private static int _interned;

    private readonly int _hash;

    // The key this one was turned into last. Offers stamp and unstamp the same few roles over and over, and looking the
    // other key up hashes two strings. A race between two readers costs a look-up.
    private ResourceKey? _restamped;

    private ResourceKey(string name, Value.Types.Type kind, Traits traits, string tail, string? allocationRole)
    {
        Name = name;
        Kind = kind;
        Reservations = traits.Reservations;
        ProviderId = traits.ProviderId;
        Disk = traits.Disk;
        IsRevocable = traits.IsRevocable;
        IsShared = traits.IsShared;
        Tail = tail;
        AllocationRole = allocationRole;
        IsIndivisible = Disk is not null && (Disk.Persistence is not null || IsWholeDisk(Disk.Source));
        _hash = HashCode.Combine(name, kind, tail, allocationRole);
    }

    internal string Name { get; }

    internal Value.Types.Type Kind { get; }

    internal ImmutableArray<Reservation> Reservations { get; }

    internal string? AllocationRole { get; }

    internal string? ProviderId { get; }

    /// <summary>Never changed after construction; its volume is always unset.</summary>
    internal DiskInfo? Disk { get; }

    internal bool IsRevocable { get; }

    internal bool IsShared { get; }

    /// <summary>Never merged with another and contained only as a whole.</summary>
    internal bool IsIndivisible { get; }

    /// <summary>Everything but name, kind and allocation role as one unambiguous text; empty for plain resources.</summary>
    private string Tail { get; }

    internal bool IsPersistentVolume => Disk?.Persistence is not null;

    internal string Role => Reservations.IsEmpty ? "*" : Reservations[^1].Role;

    internal static ResourceKey Plain(string name, Value.Types.Type kind, string? allocationRole)
    {
        if (PlainKeys.TryGetValue((name, kind, allocationRole), out var known))
        {
            return known;
        }

        var made = new ResourceKey(name, kind, Traits.None, string.Empty, allocationRole);
        return TryTakeSlot() ? PlainKeys.GetOrAdd((name, kind, allocationRole), made) : made;
    }

    internal static ResourceKey Of(string name, Value.Types.Type kind, Traits traits, string? allocationRole)
    {
        var tail = TextOf(traits);
        if (tail.Length == 0)
        {
            return Plain(name, kind, allocationRole);
        }

        if (OtherKeys.TryGetValue((name, kind, tail, allocationRole), out var known))
        {
            return known;
        }

        var made = new ResourceKey(name, kind, traits, tail, allocationRole);
        return TryTakeSlot() ? OtherKeys.GetOrAdd((name, kind, tail, allocationRole), made) : made;
    }

    internal ResourceKey WithAllocation(string? role)
    {
        if (string.Equals(role, AllocationRole, StringComparison.Ordinal))
        {
            return this;
        }

        var restamped = _restamped;
        if (restamped is null || !string.Equals(role, restamped.AllocationRole, StringComparison.Ordinal))
        {
            restamped = Tail.Length == 0 ? Plain(Name, Kind, role) : Of(Name, Kind, TraitsOf(), role);
            _restamped = restamped;
        }

        return restamped;
    }

    internal ResourceKey WithReservations(ImmutableArray<Reservation> reservations) =>
        Of(Name, Kind, TraitsOf() with { Reservations = reservations }, AllocationRole);

    internal ResourceKey WithoutPersistence()
    {
        var disk = Disk?.Source is null ? null : new DiskInfo { Source = Disk.Source };
        return Of(Name, Kind, TraitsOf() with { Disk = disk, IsShared = false }, AllocationRole);
    }

    /// <summary>Ordinal by name, kind, traits, allocation role: the same order in every process.</summary>
    public int CompareTo(ResourceKey? other)
    {
        if (ReferenceEquals(this, other))
        {
            return 0;
        }

        if (other is null)
        {
            return 1;
        }

        var order = string.CompareOrdinal(Name, other.Name);
        if (order == 0)
        {
            order = Kind.CompareTo(other.Kind);
        }

        if (order == 0)
        {
            order = string.CompareOrdinal(Tail, other.Tail);
        }

        return order != 0 ? order : string.CompareOrdinal(AllocationRole, other.AllocationRole);
    }

    public bool Equals(ResourceKey? other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as ResourceKey);

    public override int GetHashCode() => _hash;

    private static bool TryTakeSlot() =>
        Volatile.Read(ref _interned) < MaxInterned && Interlocked.Increment(ref _interned) <= MaxInterned;

    private static bool IsWholeDisk(DiskInfo.Types.Source? source) => source is not null && source.Type switch
    {
        DiskSourceType.Mount or DiskSourceType.Block => true,
        DiskSourceType.Raw => source.HasId,
        _ => false,
    };

    private Traits TraitsOf() => new(Reservations, ProviderId, Disk, IsRevocable, IsShared);

    private static string TextOf(in Traits traits)
    {
        if (traits.IsNone)
        {
            return string.Empty;
        }

        var text = new StringBuilder();
        text.Append(traits.IsRevocable ? 'r' : '-').Append(traits.IsShared ? 's' : '-');
        Append(text, traits.ProviderId);
        foreach (var reservation in traits.Reservations)
        {
            text.Append(reservation.IsDynamic ? 'D' : 'S');
            Append(text, reservation.Role);
            Append(text, reservation.Principal);
            Append(text, reservation.WireLabels);
        }

        if (traits.Disk is { } disk)
        {
            text.Append('d');
            Append(text, disk.Persistence?.Id);
            Append(text, disk.Persistence is { HasPrincipal: true } persistence ? persistence.Principal : null);
            if (disk.Source is { } source)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(int)source.Type}");
                Append(text, source.Path is null ? null : source.Path.Root);
                Append(text, source.Mount is null ? null : source.Mount.Root);
                Append(text, source.HasVendor ? source.Vendor : null);
                Append(text, source.HasId ? source.Id : null);
                Append(text, source.HasProfile ? source.Profile : null);
                Append(text, source.Metadata);
            }
        }

        return text.ToString();
    }

    // Length before content: no choice of names can make two different keys read alike.
    private static void Append(StringBuilder text, string? value)
    {
        if (value is null)
        {
            text.Append('~');
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{value.Length}:").Append(value);
        }
    }

    // Labels are a bag: their order on the wire means nothing.
    private static void Append(StringBuilder text, Labels? labels)
    {
        if (labels is null || labels.Labels_.Count == 0)
        {
            text.Append('~');
            return;
        }

        var sorted = labels.Labels_.OrderBy(l => l.Key, StringComparer.Ordinal).ThenBy(l => l.Value, StringComparer.Ordinal);
        text.Append(CultureInfo.InvariantCulture, $"{labels.Labels_.Count}");
        foreach (var label in sorted)
        {
            Append(text, label.Key);
            Append(text, label.HasValue ? label.Value : null);
        }
    }

    /// <summary>All of the identity beyond name, kind and allocation role.</summary>
    internal readonly record struct Traits(
        ImmutableArray<Reservation> Reservations, string? ProviderId, DiskInfo? Disk, bool IsRevocable, bool IsShared)
    {
        internal static Traits None { get; } = new([], null, null, false, false);

        internal bool IsNone =>
            Reservations.IsEmpty && ProviderId is null && Disk is null && !IsRevocable && !IsShared;
    }
}
