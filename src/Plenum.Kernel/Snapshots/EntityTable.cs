namespace Plenum.Kernel.Snapshots;

/// <summary>
/// Slots of immutable entities, in chunks that are copied when written after a snapshot took them.
/// A snapshot of 100,000 tasks so costs 400 references instead of 100,000, and a change after it 2 KB once
/// per chunk.
/// </summary>
internal sealed class EntityTable<T>
    where T : class
{
    private const int ChunkBits = 8;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly Stack<int> _free = new();
    private readonly List<bool> _taken = [];
    private readonly List<T?[]> _chunks = [];
    private EntityCollection<T>? _frozen = EntityCollection<T>.Empty;
    private int _top;

    public int Count { get; private set; }

    /// <summary>The slot stays the entity's until it is removed.</summary>
    public int Add(T entity)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _top++;
            if (slot >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new T?[ChunkSize]);
                _taken.Add(false);
            }
        }

        Count++;
        Write(slot, entity);
        return slot;
    }

    public void Replace(int slot, T entity) => Write(slot, entity);

    public void Remove(int slot)
    {
        Count--;
        Write(slot, null);
        _free.Push(slot);
    }

    public EntityCollection<T> Freeze()
    {
        if (_frozen is null)
        {
            _frozen = new EntityCollection<T>([.. _chunks], Count);
            for (var i = 0; i < _taken.Count; i++)
            {
                _taken[i] = true;
            }
        }

        return _frozen;
    }

    private void Write(int slot, T? entity)
    {
        var index = slot >> ChunkBits;
        if (_taken[index])
        {
            _chunks[index] = (T?[])_chunks[index].Clone();
            _taken[index] = false;
        }

        _chunks[index][slot & (ChunkSize - 1)] = entity;
        _frozen = null;
    }
}
