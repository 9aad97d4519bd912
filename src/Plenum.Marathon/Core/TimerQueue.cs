using System.Runtime.InteropServices;

namespace Plenum.Marathon.Core;

internal enum TimerKind
{
    LaunchOverdue,
    KillRetry,
    UnreachableInactive,
    UnreachableExpunge,
    BackoffOver,
    HealthProbe,
    ReadinessProbe,
    Revive,
    Reconcile,
    ScaleCheck,
    ReservationOverdue,
    LeftoverOver,
    ProgressOverdue,
    CanaryOver,
}

/// <summary>What a timer is for. The meaning of the text depends on the kind: an instance, an app, or nothing.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TimerKey(TimerKind Kind, string Subject, int Index = 0);

/// <summary>
/// Deadlines of the core. One deadline for each key: setting it again moves it. Moved and cancelled entries
/// stay in the heap and are dropped when they come up, which keeps both operations cheap.
/// </summary>
internal sealed class TimerQueue
{
    private readonly PriorityQueue<TimerKey, (DateTimeOffset Due, long Order)> _heap = new();
    private readonly Dictionary<TimerKey, (DateTimeOffset Due, long Order)> _current = [];

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

    public void Set(TimerKey key, DateTimeOffset due)
    {
        var entry = (due, _order++);
        _current[key] = entry;
        _heap.Enqueue(key, entry);
    }

    public void SetIfAbsent(TimerKey key, DateTimeOffset due)
    {
        if (!_current.ContainsKey(key))
        {
            Set(key, due);
        }
    }

    public void Cancel(TimerKey key) => _current.Remove(key);

    public bool TryTakeDue(DateTimeOffset now, out TimerKey key)
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
