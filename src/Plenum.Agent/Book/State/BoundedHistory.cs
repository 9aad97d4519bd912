namespace Plenum.Agent.Book.State;

/// <summary>The newest <paramref name="capacity"/> items, oldest first.</summary>
internal sealed class BoundedHistory<T>(int capacity)
{
    private readonly Queue<T> _items = new();

    public IReadOnlyCollection<T> Items => _items;

    public void Add(T item)
    {
        if (_items.Count == capacity)
        {
            _items.Dequeue();
        }

        _items.Enqueue(item);
    }
}
