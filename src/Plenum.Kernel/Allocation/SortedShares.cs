namespace Plenum.Kernel.Allocation;

/// <summary>
/// Shareholders kept in order. One that was served moves to its new place by itself, found by halving:
/// sorting, or walking past, all of them for every agent of a run is what makes DRF slow with many
/// frameworks.
/// </summary>
internal sealed class SortedShares<T>
    where T : Shareholder
{
    private static readonly Comparer<T> ByShare = Comparer<T>.Create(Shareholder.Compare);
    private static readonly Comparer<T> ByLot = Comparer<T>.Create(Shareholder.CompareLots);

    private T[] _members = new T[4];

    public int Count { get; private set; }

    public T this[int index] => _members[index];

    public void Add(T member)
    {
        if (Count == _members.Length)
        {
            Array.Resize(ref _members, Count * 2);
        }

        _members[Count++] = member;
    }

    public bool Remove(T member)
    {
        var at = IndexOf(member);
        if (at < 0)
        {
            return false;
        }

        Array.Copy(_members, at + 1, _members, at, --Count - at);
        _members[Count] = null!;
        return true;
    }

    public int IndexOf(T member) => Array.IndexOf(_members, member, 0, Count);

    public void Sort() => Array.Sort(_members, 0, Count, ByShare);

    /// <summary>All in a drawn order, heavier ones earlier more often.</summary>
    public void DrawAll(DeterministicRandom random)
    {
        for (var i = 0; i < Count; i++)
        {
            _members[i].Lot = random.WeightedKey(_members[i].Weight);
        }

        Array.Sort(_members, 0, Count, ByLot);
    }

    /// <summary>
    /// Puts one of equal weight, drawn from those not drawn yet, at <paramref name="index"/>. Drawing as
    /// they are asked for costs a run nothing for the many that are never reached.
    /// </summary>
    /// <param name="index">How many were drawn before.</param>
    /// <param name="punctual">The first so many are drawn before all others.</param>
    /// <param name="random">Where chance comes from.</param>
    public void DrawOne(int index, int punctual, DeterministicRandom random)
    {
        var end = index < punctual ? punctual : Count;
        var drawn = index + random.Below(end - index);
        (_members[index], _members[drawn]) = (_members[drawn], _members[index]);
    }

    /// <summary>Returns whether the order changed. All others are in order.</summary>
    public bool Reposition(T member)
    {
        var from = IndexOf(member);
        if (from < 0)
        {
            return false;
        }

        var to = from;
        if (from + 1 < Count && Shareholder.Compare(_members[from + 1], member) < 0)
        {
            to = PlaceIn(from + 1, Count, member) - 1;
            Array.Copy(_members, from + 1, _members, from, to - from);
        }
        else if (from > 0 && Shareholder.Compare(_members[from - 1], member) > 0)
        {
            to = PlaceIn(0, from, member);
            Array.Copy(_members, to, _members, to + 1, from - to);
        }

        _members[to] = member;
        return to != from;
    }

    private int PlaceIn(int low, int high, T member)
    {
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Shareholder.Compare(_members[middle], member) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
