namespace Plenum.Kernel.Snapshots;

/// <summary>The newest entries up to a bound, oldest first when read.</summary>
internal sealed class History<T>(int capacity)
{
    private readonly Queue<T> _entries = new();
    private IReadOnlyList<T>? _frozen = [];

    public int Count => _entries.Count;

    /// <summary>Oldest first, without the copy that a reader on another thread needs.</summary>
    public IEnumerable<T> Entries => _entries;

    /// <summary>Returns false, with <paramref name="evicted"/> left at its default, while there is room.</summary>
    public bool Add(T entry, out T? evicted)
    {
        _frozen = null;
        evicted = default;
        var full = _entries.Count >= capacity;
        if (full && !_entries.TryDequeue(out evicted))
        {
            // A bound of zero keeps nothing: the entry itself is the one that goes.
            evicted = entry;
            return true;
        }

        _entries.Enqueue(entry);
        return full;
    }

    public IReadOnlyList<T> Freeze() => _frozen ??= [.. _entries];
}
