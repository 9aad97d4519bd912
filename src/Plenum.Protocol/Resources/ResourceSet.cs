using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>
/// What an agent has, an offer holds or a task needs: immutable, normalised, with the arithmetic of
/// Mesos. Identities decide what adds up (see <see cref="ResourceKey"/>), amounts are exact thousandths.
/// </summary>
/// <remarks>
/// One sorted array of 24-byte entries with interned identities: adding, subtracting and comparing two
/// sets is one merge pass that mostly compares references. This is the innermost loop of the kernel.
/// Amounts never go below zero: subtraction takes what is there.
/// </remarks>
public sealed partial class ResourceSet : IEquatable<ResourceSet>
{
    private readonly ResourceEntry[] _entries;
    private ResourceQuantities _quantities;
    private bool _quantitiesKnown;

    private ResourceSet(ResourceEntry[] entries)
    {
        _entries = entries;
    }

    public static ResourceSet Empty { get; } = new([]);

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Sorted by name, then identity.</summary>
    public ReadOnlySpan<ResourceEntry> Entries => _entries;

    /// <summary>Ranges of the resource named ports, whatever their reservations.</summary>
    public PortRanges Ports => Ranges("ports");

    /// <summary>Amounts by name. Computed once; a race computes the same twice.</summary>
    public ResourceQuantities Quantities
    {
        get
        {
            if (!Volatile.Read(ref _quantitiesKnown))
            {
                _quantities = ResourceQuantities.Of(_entries);
                Volatile.Write(ref _quantitiesKnown, true);
            }

            return _quantities;
        }
    }

    public ResourceSet Unreserved => Where(static (in e) => e.IsUnreserved);

    public ResourceSet Reserved => Where(static (in e) => !e.IsUnreserved);

    public ResourceSet Revocable => Where(static (in e) => e.IsRevocable);

    public ResourceSet NonRevocable => Where(static (in e) => !e.IsRevocable);

    public ResourceSet Shared => Where(static (in e) => e.IsShared);

    public ResourceSet NonShared => Where(static (in e) => !e.IsShared);

    /// <summary>Every shared resource once, however often it is held: what must exist for all of these to be used.</summary>
    public ResourceSet SharedOnce
    {
        get
        {
            var once = (ResourceEntry[]?)null;
            for (var i = 0; i < _entries.Length; i++)
            {
                if (_entries[i].IsShared && _entries[i].Uses > 1)
                {
                    once ??= (ResourceEntry[])_entries.Clone();
                    once[i] = ResourceArithmetic.WithUses(_entries[i], 1);
                }
            }

            return once is null ? this : new ResourceSet(once);
        }
    }

    public ResourceSet PersistentVolumes => Where(static (in e) => e.IsPersistentVolume);

    /// <summary>Without what frameworks that lack RESERVATION_REFINEMENT cannot be told of.</summary>
    public ResourceSet WithoutRefined => Where(static (in e) => !e.IsRefined);

    /// <summary>
    /// What an agent must remember over a restart: dynamic reservations and persistent volumes.
    /// </summary>
    public ResourceSet NeedingCheckpoint => Where(static (in e) => e.IsDynamicallyReserved || e.IsPersistentVolume);

    /// <summary>The same resources as a free pool has them: without any allocation role.</summary>
    public ResourceSet Unallocated => AllocatedTo(null);

    /// <summary>Effective roles of the reservations here, sorted; <c>*</c> is not one.</summary>
    public IReadOnlyList<string> ReservedRoles =>
        [.. _entries.Where(e => !e.IsUnreserved).Select(e => e.Role).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Roles found in allocation_info, sorted.</summary>
    public IReadOnlyList<string> AllocationRoles =>
        [.. _entries.Where(e => e.AllocationRole is not null).Select(e => e.AllocationRole!).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>
    /// Normalises and adds up. Check input from outside with <see cref="Validate"/> first; this only
    /// refuses what has no meaning.
    /// </summary>
    /// <exception cref="FormatException">Both reservation formats in one resource, or an amount that is no number.</exception>
    public static ResourceSet FromWire(IEnumerable<Resource> wire) => ResourceWire.Read(wire);

    /// <summary>
    /// Reads <c>cpus:4;mem(role):1024;ports:[31000-32000,32005-32005];zones:{a,b}</c>; a name without a
    /// role gets <paramref name="defaultRole"/>.
    /// </summary>
    /// <exception cref="FormatException">The text says where it stops making sense.</exception>
    public static ResourceSet Parse(string text, string defaultRole = "*") => ResourceText.Parse(text, defaultRole);

    /// <summary>Null, or the first rule that the resources break.</summary>
    public static string? Validate(IEnumerable<Resource> wire) => ResourceRules.Check(wire);

    /// <exception cref="InvalidOperationException">A refined reservation in the pre-refinement format.</exception>
    public IReadOnlyList<Resource> ToWire(ReservationFormat format = ReservationFormat.Refined) =>
        ResourceWire.Write(_entries, format);

    /// <summary>Thousandths of all resources of a name, whatever their reservations.</summary>
    public long Millis(string name)
    {
        long millis = 0;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (string.Equals(entry.Name, name, StringComparison.Ordinal))
            {
                millis += entry.Millis;
            }
        }

        return millis;
    }

    public double Scalar(string name) => Millis(name) / 1000.0;

    public PortRanges Ranges(string name)
    {
        var ranges = PortRanges.Empty;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (string.Equals(entry.Name, name, StringComparison.Ordinal))
            {
                ranges += entry.Ranges;
            }
        }

        return ranges;
    }

    /// <summary>Resources whose top reservation is this role's.</summary>
    public ResourceSet ReservedTo(string role) =>
        WhereState(role, static (in e, r) => !e.IsUnreserved && string.Equals(e.Role, r, StringComparison.Ordinal));

    /// <summary>Only what this resource provider has.</summary>
    public ResourceSet OfProvider(string id) =>
        WhereState(id, static (in e, i) => string.Equals(e.ProviderId, i, StringComparison.Ordinal));

    /// <summary>Only what is the agent's own and no resource provider's.</summary>
    public ResourceSet WithoutProviders => Where(static (in e) => e.ProviderId is null);

    /// <summary>
    /// The same resources stamped with an allocation role, as the master does with every offer; null
    /// takes the stamp off. What then has one identity is added up.
    /// </summary>
    public ResourceSet AllocatedTo(string? role)
    {
        var stamped = (ResourceEntry[]?)null;
        for (var i = 0; i < _entries.Length; i++)
        {
            var key = _entries[i].Key.WithAllocation(role);
            if (!ReferenceEquals(key, _entries[i].Key))
            {
                stamped ??= (ResourceEntry[])_entries.Clone();
                stamped[i] = _entries[i].WithKey(key);
            }
        }

        return stamped is null ? this : FromEntries(stamped, stamped.Length);
    }

    /// <summary>Only what is stamped with this allocation role.</summary>
    public ResourceSet WhereAllocatedTo(string role) =>
        WhereState(role, static (in e, r) => string.Equals(e.AllocationRole, r, StringComparison.Ordinal));

    /// <summary>Stamps what has no allocation role yet: a client may leave out what its offer said.</summary>
    public ResourceSet WithAllocationWhereMissing(string role)
    {
        var missing = Where(static (in e) => e.AllocationRole is null);
        return missing.IsEmpty ? this
            : ReferenceEquals(missing, this) ? AllocatedTo(role)
            : this - missing + missing.AllocatedTo(role);
    }

    public ResourceSet Where(ResourceFilter filter) => WhereState(filter, static (in e, f) => f(in e));

    public bool Equals(ResourceSet? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other._entries.Length != _entries.Length)
        {
            return false;
        }

        for (var i = 0; i < _entries.Length; i++)
        {
            if (ResourceEntry.Compare(_entries[i], other._entries[i]) != 0
                || !ResourceArithmetic.SameAmount(_entries[i], other._entries[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ResourceSet);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            hash.Add(entry.Key);
            hash.Add(entry.QuantityMillis);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => ResourceText.Write(_entries);

    /// <summary>Takes the array over: sorts it, adds up what belongs together, drops what is nothing.</summary>
    internal static ResourceSet FromEntries(ResourceEntry[] entries, int count)
    {
        for (var i = 1; i < count; i++)
        {
            // A set that is only stamped with another role mostly keeps its order.
            if (ResourceEntry.Compare(entries[i - 1], entries[i]) > 0)
            {
                Array.Sort(entries, 0, count, EntryOrder.Instance);
                break;
            }
        }

        var used = 0;
        for (var i = 0; i < count; i++)
        {
            if (entries[i].IsNothing)
            {
                continue;
            }

            if (used > 0 && ResourceEntry.Compare(entries[used - 1], entries[i]) == 0 && ResourceArithmetic.CanMerge(entries[i]))
            {
                entries[used - 1] = ResourceArithmetic.Add(entries[used - 1], entries[i]);
            }
            else
            {
                entries[used++] = entries[i];
            }
        }

        return Own(entries, used);
    }

    private static ResourceSet Own(ResourceEntry[] entries, int used)
    {
        if (used == 0)
        {
            return Empty;
        }

        if (used != entries.Length)
        {
            Array.Resize(ref entries, used);
        }

        return new ResourceSet(entries);
    }

    private ResourceSet WhereState<TState>(TState state, EntryTest<TState> test)
    {
        var kept = 0;
        while (kept < _entries.Length && test(in _entries[kept], state))
        {
            kept++;
        }

        // Filters mostly keep all: nothing is copied until the first entry falls out.
        if (kept == _entries.Length)
        {
            return this;
        }

        // Those for what is rare, as shared volumes, mostly keep none: nothing is made until something stays.
        var next = kept + 1;
        while (next < _entries.Length && !test(in _entries[next], state))
        {
            next++;
        }

        if (kept == 0 && next == _entries.Length)
        {
            return Empty;
        }

        var result = new ResourceEntry[kept + _entries.Length - next];
        Array.Copy(_entries, result, kept);
        if (next < _entries.Length)
        {
            result[kept++] = _entries[next++];
        }

        for (; next < _entries.Length; next++)
        {
            if (test(in _entries[next], state))
            {
                result[kept++] = _entries[next];
            }
        }

        return Own(result, kept);
    }

    private delegate bool EntryTest<in TState>(in ResourceEntry entry, TState state);

    private sealed class EntryOrder : IComparer<ResourceEntry>
    {
        internal static EntryOrder Instance { get; } = new();

        public int Compare(ResourceEntry x, ResourceEntry y) => ResourceEntry.Compare(in x, in y);
    }
}
