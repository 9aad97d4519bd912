namespace Plenum.Kernel.Timing;

/// <summary>
/// Deadlines by time, equal times in the order they were set, so that a run repeats exactly. Each agent
/// and framework has at most one live entry of a kind; cancelled ones leave when their time comes, or when they
/// are more than the live ones: a framework with a failover timeout of a year that loses its stream every minute
/// would leave half a million behind.
/// </summary>
internal sealed class DeadlineQueue(Func<Deadline, bool> isLive)
{
    /// <summary>Below this nothing is gained by looking: the entries are some 64 KB.</summary>
    private const int SmallestSweep = 1_024;

    private readonly PriorityQueue<Deadline, (long Ticks, long Order)> _queue = new();
    private long _order;
    private int _sweepAt = SmallestSweep;

    public DateTimeOffset? Next =>
        _queue.TryPeek(out _, out var due) ? new DateTimeOffset(due.Ticks, TimeSpan.Zero) : null;

    /// <summary>Live and cancelled ones.</summary>
    internal int Count => _queue.Count;

    public void Set(DeadlineKind kind, object? target, int generation, DateTimeOffset due)
    {
        _queue.Enqueue(new Deadline(kind, target, generation), (due.UtcTicks, _order++));
        if (_queue.Count >= _sweepAt)
        {
            Sweep();
        }
    }

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

    /// <summary>The order numbers stay, so that the ones that are left come in the order they would have come.</summary>
    private void Sweep()
    {
        var live = _queue.UnorderedItems.Where(entry => isLive(entry.Element)).ToList();
        _queue.Clear();
        _queue.EnqueueRange(live);

        // Twice what is left: each entry is looked at once or twice on average, however many there are.
        _sweepAt = Math.Max(SmallestSweep, 2 * _queue.Count);
    }
}
