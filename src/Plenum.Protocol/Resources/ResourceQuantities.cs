using System.Globalization;

namespace Plenum.Protocol.Resources;

/// <summary>
/// Amounts by name, whatever their reservations: what shares, quotas and minimum offers are computed
/// from. Thousandths; a range or set counts its members. Sorted by name, zero amounts are left out.
/// </summary>
public readonly struct ResourceQuantities : IEquatable<ResourceQuantities>
{
    private readonly KeyValuePair<string, long>[]? _amounts;

    private ResourceQuantities(KeyValuePair<string, long>[] amounts)
    {
        _amounts = amounts;
    }

    public static ResourceQuantities Empty => default;

    public bool IsEmpty => _amounts is not { Length: > 0 };

    public ReadOnlySpan<KeyValuePair<string, long>> Amounts => _amounts;

    /// <summary>Thousandths of a resource; 0 when there is none.</summary>
    public long this[string name]
    {
        get
        {
            foreach (var amount in Amounts)
            {
                if (string.Equals(amount.Key, name, StringComparison.Ordinal))
                {
                    return amount.Value;
                }
            }

            return 0;
        }
    }

    /// <summary>Amounts of one name are added up; what is not above zero is left out.</summary>
    public static ResourceQuantities From(IEnumerable<KeyValuePair<string, long>> amounts)
    {
        var sorted = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, millis) in amounts)
        {
            sorted[name] = sorted.GetValueOrDefault(name) + millis;
        }

        return new ResourceQuantities([.. sorted.Where(a => a.Value > 0)]);
    }

    public static ResourceQuantities operator +(ResourceQuantities left, ResourceQuantities right) =>
        Combine(left, right, sign: 1);

    /// <summary>Never below zero: what is missing is left out.</summary>
    public static ResourceQuantities operator -(ResourceQuantities left, ResourceQuantities right) =>
        Combine(left, right, sign: -1);

    public static bool operator ==(ResourceQuantities left, ResourceQuantities right) => left.Equals(right);

    public static bool operator !=(ResourceQuantities left, ResourceQuantities right) => !left.Equals(right);

    public bool Contains(ResourceQuantities other)
    {
        foreach (var (name, millis) in other.Amounts)
        {
            if (this[name] < millis)
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(ResourceQuantities other)
    {
        var left = Amounts;
        var right = other.Amounts;
        if (left.Length != right.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (left[i].Value != right[i].Value || !string.Equals(left[i].Key, right[i].Key, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is ResourceQuantities other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var (name, millis) in Amounts)
        {
            hash.Add(name);
            hash.Add(millis);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(
        "; ", (_amounts ?? []).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Key}:{a.Value / 1000m}")));

    internal static ResourceQuantities Of(ReadOnlySpan<ResourceEntry> entries)
    {
        if (entries.IsEmpty)
        {
            return Empty;
        }

        // Entries come sorted by name: one pass is enough.
        var result = new KeyValuePair<string, long>[entries.Length];
        var used = 0;
        foreach (ref readonly var entry in entries)
        {
            var amount = entry.QuantityMillis;
            if (used > 0 && string.Equals(result[used - 1].Key, entry.Name, StringComparison.Ordinal))
            {
                result[used - 1] = new(entry.Name, result[used - 1].Value + amount);
            }
            else
            {
                result[used++] = new(entry.Name, amount);
            }
        }

        Array.Resize(ref result, used);
        return new ResourceQuantities(result);
    }

    private static ResourceQuantities Combine(ResourceQuantities left, ResourceQuantities right, int sign)
    {
        if (right.IsEmpty)
        {
            return left;
        }

        var a = left.Amounts;
        var b = right.Amounts;
        var result = new KeyValuePair<string, long>[a.Length + b.Length];
        var used = 0;
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var order = i >= a.Length ? 1 : j >= b.Length ? -1 : string.CompareOrdinal(a[i].Key, b[j].Key);
            var name = order <= 0 ? a[i].Key : b[j].Key;
            var millis = (order <= 0 ? a[i++].Value : 0) + (order >= 0 ? sign * b[j++].Value : 0);
            if (millis > 0)
            {
                result[used++] = new(name, millis);
            }
        }

        Array.Resize(ref result, used);
        return new ResourceQuantities(result);
    }
}
