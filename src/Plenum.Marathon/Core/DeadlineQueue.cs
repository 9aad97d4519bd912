namespace Plenum.Marathon.Core;

/// <summary>
/// Deadlines of a core. One deadline for each key: setting it again moves it. Moved and cancelled entries
/// stay in the heap and are dropped when they come up, which keeps both operations cheap.
/// </summary>
internal class DeadlineQueue<TKey>
    where TKey : struct
{
    private readonly PriorityQueue<TKey, (DateTimeOffset Due, long Order)> _heap = new();
    private readonly Dictionary<TKey, (DateTimeOffset Due, long Order)> _current = [];

    // Timers of one moment run in the order in which they were set, so that a run can be repeated.
    private long _order;

    public DateTimeOffset? NextDeadline
    {
        get
        {
            DropStale();
            return _heap.TryPeek(out _, out var next) ? next.Due : null;
        }
    }

    public void Set(TKey key, DateTimeOffset due)
    {
        var entry = (due, _order++);
        _current[key] = entry;
        _heap.Enqueue(key, entry);
    }

    public void SetIfAbsent(TKey key, DateTimeOffset due)
    {
        if (!_current.ContainsKey(key))
        {
            Set(key, due);
        }
    }

    public bool Contains(TKey key) => _current.ContainsKey(key);

    public void Cancel(TKey key) => _current.Remove(key);

    public bool TryTakeDue(DateTimeOffset now, out TKey key)
    {
        DropStale();
        if (_heap.TryPeek(out key, out var next) && next.Due <= now)
        {
            _heap.Dequeue();
            _current.Remove(key);
            return true;
        }

        key = default;
        return false;
    }

    private void DropStale()
    {
        while (_heap.TryPeek(out var key, out var entry)
            && !(_current.TryGetValue(key, out var current) && current == entry))
        {
            _heap.Dequeue();
        }
    }
}
