namespace Plenum.Kernel.Timing;

/// <summary>
/// Deadlines by time, equal times in the order they were set, so that a run repeats exactly. Each agent
/// and framework has at most one live entry of a kind; cancelled ones leave when their time comes.
/// </summary>
internal sealed class DeadlineQueue
{
    private readonly PriorityQueue<Deadline, (long Ticks, long Order)> _queue = new();
    private long _order;

    public DateTimeOffset? Next =>
        _queue.TryPeek(out _, out var due) ? new DateTimeOffset(due.Ticks, TimeSpan.Zero) : null;

    public void Set(DeadlineKind kind, object? target, int generation, DateTimeOffset due) =>
        _queue.Enqueue(new Deadline(kind, target, generation), (due.UtcTicks, _order++));

    public bool TryTakeDue(DateTimeOffset now, out Deadline deadline)
    {
        if (_queue.TryPeek(out deadline, out var due) && due.Ticks <= now.UtcTicks)
        {
            _queue.Dequeue();
            return true;
        }

        deadline = default;
        return false;
    }
}
