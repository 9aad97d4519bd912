using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

// Adding, taking away, holding, cutting: merge passes over two sorted arrays.
public sealed partial class ResourceSet
{
    public static ResourceSet operator +(ResourceSet left, ResourceSet right)
    {
        if (right.IsEmpty)
        {
            return left;
        }

        if (left.IsEmpty)
        {
            return right;
        }

        var (a, b) = (left._entries, right._entries);
        var sum = new ResourceEntry[a.Length + b.Length];
        var used = 0;
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var order = i >= a.Length ? 1 : j >= b.Length ? -1 : ResourceEntry.Compare(a[i], b[j]);
            if (order == 0 && ResourceArithmetic.CanMerge(a[i]))
            {
                sum[used++] = ResourceArithmetic.Add(a[i++], b[j++]);
            }
            else
            {
                sum[used++] = order <= 0 ? a[i++] : b[j++];
            }
        }

        return Own(sum, used);
    }

    public static ResourceSet operator -(ResourceSet left, ResourceSet right)
    {
        if (right.IsEmpty || left.IsEmpty)
        {
            return left;
        }

        var (a, b) = (left._entries, right._entries);
        var rest = new ResourceEntry[a.Length];
        var used = 0;
        for (int i = 0, j = 0; i < a.Length;)
        {
            var order = j >= b.Length ? -1 : ResourceEntry.Compare(a[i], b[j]);
            if (order < 0)
            {
                rest[used++] = a[i++];
            }
            else if (order > 0)
            {
                j++;
            }
            else if (ResourceArithmetic.TrySubtract(a[i++], b[j++], out var left1))
            {
                rest[used++] = left1;
            }
        }

        return Own(rest, used);
    }

    public bool Contains(ResourceSet other)
    {
        var (a, b) = (_entries, other._entries);
        var i = 0;
        foreach (ref readonly var wanted in b.AsSpan())
        {
            while (i < a.Length && ResourceEntry.Compare(a[i], wanted) < 0)
            {
                i++;
            }

            if (i >= a.Length || ResourceEntry.Compare(a[i], wanted) != 0 || !ResourceArithmetic.Contains(a[i], wanted))
            {
                return false;
            }

            // Used up: an indivisible resource wanted twice must be there twice.
            i++;
        }

        return true;
    }

    /// <summary>
    /// The same with smaller scalars: <paramref name="cap"/> says how many thousandths of an entry may
    /// stay, and is asked in order. A disk that cannot be divided stays whole or not at all; ranges and
    /// sets stay.
    /// </summary>
    public ResourceSet Shrink(ScalarCap cap)
    {
        var result = new ResourceEntry[_entries.Length];
        var (used, isSame) = (0, true);
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            var millis = entry.Kind == Value.Types.Type.Scalar ? Math.Clamp(cap(in entry), 0, entry.Millis) : entry.Millis;
            if (millis == entry.Millis)
            {
                result[used++] = entry;
                continue;
            }

            isSame = false;
            if (millis > 0 && !entry.IsIndivisible)
            {
                result[used++] = new ResourceEntry(entry.Key, millis, entry.Detail);
            }
        }

        return isSame ? this : Own(result, used);
    }
}
