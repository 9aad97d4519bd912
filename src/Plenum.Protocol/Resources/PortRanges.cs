using System.Collections;
using System.Globalization;
using System.Text;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>
/// Sorted, coalesced, inclusive ranges of unsigned numbers; ports before all. One flat array of
/// begin and end, because nearly every set has one to five ranges.
/// </summary>
public readonly struct PortRanges : IEquatable<PortRanges>, IEnumerable<(ulong Begin, ulong End)>
{
    private readonly ulong[]? _pairs;

    internal PortRanges(ulong[]? pairs)
    {
        _pairs = pairs;
    }

    public static PortRanges Empty => default;

    public bool IsEmpty => _pairs is not { Length: > 0 };

    /// <summary>Number of ranges.</summary>
    public int RangeCount => Pairs.Length / 2;

    /// <summary>Number of single values; the whole 64-bit span saturates.</summary>
    public ulong Count
    {
        get
        {
            ulong count = 0;
            var pairs = Pairs;
            for (var i = 0; i < pairs.Length; i += 2)
            {
                var size = pairs[i + 1] - pairs[i];
                if (size == ulong.MaxValue)
                {
                    return ulong.MaxValue;
                }

                // Coalesced ranges are disjoint, so that the sum fits as well.
                count += size + 1;
            }

            return count;
        }
    }

    internal ulong[] Pairs => _pairs ?? [];

    internal long QuantityMillis => (long)Math.Min(Count, (ulong)(long.MaxValue / 1000)) * 1000;

    public static PortRanges Of(ulong begin, ulong end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, begin);
        return new PortRanges([begin, end]);
    }

    /// <summary>Sorts and coalesces; a range whose end is below its begin is refused.</summary>
    public static PortRanges From(IEnumerable<(ulong Begin, ulong End)> ranges)
    {
        var list = ranges.ToList();
        foreach (var (begin, end) in list)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(end, begin, nameof(ranges));
        }

        list.Sort();
        return new PortRanges(Coalesce(list));
    }

    public static PortRanges operator +(PortRanges left, PortRanges right)
    {
        if (left.IsEmpty)
        {
            return right;
        }

        if (right.IsEmpty)
        {
            return left;
        }

        var (a, b) = (left.Pairs, right.Pairs);
        var merged = new List<(ulong, ulong)>((a.Length + b.Length) / 2);
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            if (j >= b.Length || (i < a.Length && a[i] <= b[j]))
            {
                merged.Add((a[i], a[i + 1]));
                i += 2;
            }
            else
            {
                merged.Add((b[j], b[j + 1]));
                j += 2;
            }
        }

        return new PortRanges(Coalesce(merged));
    }

    public static PortRanges operator -(PortRanges left, PortRanges right)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return left;
        }

        var (a, b) = (left.Pairs, right.Pairs);

        // Each range of b can split one range of a: one more range each.
        var result = new ulong[a.Length + b.Length];
        var used = 0;
        var j = 0;
        for (var i = 0; i < a.Length; i += 2)
        {
            var (begin, end) = (a[i], a[i + 1]);
            var exhausted = false;
            while (j < b.Length && b[j + 1] < begin)
            {
                j += 2;
            }

            for (var k = j; k < b.Length && b[k] <= end; k += 2)
            {
                if (b[k] > begin)
                {
                    result[used++] = begin;
                    result[used++] = b[k] - 1;
                }

                if (b[k + 1] >= end)
                {
                    exhausted = true;
                    break;
                }

                begin = b[k + 1] + 1;
            }

            if (!exhausted)
            {
                result[used++] = begin;
                result[used++] = end;
            }
        }

        if (used == 0)
        {
            return Empty;
        }

        Array.Resize(ref result, used);
        return new PortRanges(result);
    }

    public static bool operator ==(PortRanges left, PortRanges right) => left.Equals(right);

    public static bool operator !=(PortRanges left, PortRanges right) => !left.Equals(right);

    public bool Contains(ulong value) => Contains(new PortRanges([value, value]));

    public bool Contains(PortRanges other)
    {
        var (a, b) = (Pairs, other.Pairs);
        var i = 0;
        for (var j = 0; j < b.Length; j += 2)
        {
            while (i < a.Length && a[i + 1] < b[j])
            {
                i += 2;
            }

            if (i >= a.Length || a[i] > b[j] || a[i + 1] < b[j + 1])
            {
                return false;
            }
        }

        return true;
    }

    public bool Overlaps(PortRanges other)
    {
        var (a, b) = (Pairs, other.Pairs);
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (a[i + 1] < b[j])
            {
                i += 2;
            }
            else if (b[j + 1] < a[i])
            {
                j += 2;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Every single value, ascending. Stop early: a range may be huge.</summary>
    public IEnumerable<ulong> Values()
    {
        var pairs = Pairs;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            var value = pairs[i];
            while (true)
            {
                yield return value;
                if (value == pairs[i + 1])
                {
                    break;
                }

                value++;
            }
        }
    }

    public Value.Types.Ranges ToWire()
    {
        var wire = new Value.Types.Ranges();
        var pairs = Pairs;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            wire.Range.Add(new Value.Types.Range { Begin = pairs[i], End = pairs[i + 1] });
        }

        return wire;
    }

    public IEnumerator<(ulong Begin, ulong End)> GetEnumerator()
    {
        var pairs = Pairs;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            yield return (pairs[i], pairs[i + 1]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(PortRanges other) => Pairs.AsSpan().SequenceEqual(other.Pairs);

    public override bool Equals(object? obj) => obj is PortRanges other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var bound in Pairs)
        {
            hash.Add(bound);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>[31000-31005, 31010-31010]</c>, the form of the v0 JSON endpoints.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("[");
        var pairs = Pairs;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? string.Empty : ", ")}{pairs[i]}-{pairs[i + 1]}");
        }

        return text.Append(']').ToString();
    }

    internal static PortRanges FromWire(Value.Types.Ranges? wire)
    {
        if (wire is null || wire.Range.Count == 0)
        {
            return Empty;
        }

        if (wire.Range.Count == 1)
        {
            var only = wire.Range[0];
            return only.End < only.Begin ? Empty : new PortRanges([only.Begin, only.End]);
        }

        var list = new List<(ulong, ulong)>(wire.Range.Count);
        foreach (var range in wire.Range)
        {
            if (range.End >= range.Begin)
            {
                list.Add((range.Begin, range.End));
            }
        }

        list.Sort();
        return new PortRanges(Coalesce(list));
    }

    private static ulong[] Coalesce(List<(ulong Begin, ulong End)> sorted)
    {
        var result = new ulong[sorted.Count * 2];
        var used = 0;
        foreach (var (begin, end) in sorted)
        {
            // Adjacent counts as touching; the first test keeps the subtraction from wrapping at 0.
            if (used > 0 && (begin == 0 || begin - 1 <= result[used - 1]))
            {
                result[used - 1] = Math.Max(result[used - 1], end);
            }
            else
            {
                result[used++] = begin;
                result[used++] = end;
            }
        }

        Array.Resize(ref result, used);
        return result;
    }
}
