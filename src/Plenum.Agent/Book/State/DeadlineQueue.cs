namespace Plenum.Agent.Book.State;

/// <summary>
/// Earliest deadline first. An entry whose deadline moved is put in again and its old place is
/// skipped when it comes up, so that moving one costs O(log n).
/// </summary>
internal sealed class DeadlineQueue
{
    private readonly PriorityQueue<(IDeadlineEntry Entry, DateTimeOffset At), (DateTimeOffset At, long Order)> _queue = new();
    private long _order;

    /// <summary>Takes the entry's deadline as it is now.</summary>
    public void Refresh(IDeadlineEntry entry)
    {
        var deadline = entry.Deadline;
        if (deadline == entry.QueuedAt)
        {
            return;
        }

        entry.QueuedAt = deadline;
        if (deadline is { } at)
        {
            _queue.Enqueue((entry, at), (at, _order++));
        }
    }

    public DateTimeOffset? Next()
    {
        while (_queue.TryPeek(out var head, out _))
        {
            if (head.Entry.QueuedAt == head.At)
            {
                return head.At;
            }

            _queue.Dequeue();
        }

        return null;
    }

    /// <summary>Takes out one entry that is due.</summary>
    public IDeadlineEntry? TakeDue(DateTimeOffset now)
    {
        if (Next() is not { } at || at > now)
        {
            return null;
        }

        var entry = _queue.Dequeue().Entry;
        entry.QueuedAt = null;
        return entry;
    }
}
