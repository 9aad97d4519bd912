namespace Plenum.Kernel.Allocation;

/// <summary>
/// Shareholders kept in order. One that was served moves to its new place by itself: sorting all of
/// them again for every agent of a run is what makes DRF slow with many frameworks.
/// </summary>
internal sealed class SortedShares<T>
    where T : Shareholder
{
    private readonly List<T> _members = [];

    public int Count => _members.Count;

    public T this[int index] => _members[index];

    public void Add(T member) => _members.Add(member);

    public bool Remove(T member) => _members.Remove(member);

    public bool Contains(T member) => _members.Contains(member);

    public void Sort() => _members.Sort(Shareholder.Compare);

    /// <summary>Returns whether the order changed.</summary>
    public bool Reposition(T member)
    {
        var from = _members.IndexOf(member);
        if (from < 0)
        {
            return false;
        }

        var to = from;
        while (to + 1 < _members.Count && Shareholder.Compare(_members[to + 1], member) < 0)
        {
            _members[to] = _members[to + 1];
            to++;
        }

        while (to > 0 && Shareholder.Compare(_members[to - 1], member) > 0)
        {
            _members[to] = _members[to - 1];
            to--;
        }

        _members[to] = member;
        return to != from;
    }
}
