using System.Collections;

namespace Plenum.Kernel.Snapshots;

/// <summary>
/// The entities of one kind at one moment. Immutable, may be read from any thread; the order is stable
/// from one snapshot to the next as long as nothing is removed.
/// </summary>
public sealed class EntityCollection<T> : IReadOnlyCollection<T>
    where T : class
{
    private readonly T?[][] _chunks;

    internal EntityCollection(T?[][] chunks, int count)
    {
        _chunks = chunks;
        Count = count;
    }

    internal static EntityCollection<T> Empty { get; } = new([], 0);

    public int Count { get; }

    public IEnumerator<T> GetEnumerator()
    {
        foreach (var chunk in _chunks)
        {
            foreach (var entity in chunk)
            {
                if (entity is not null)
                {
                    yield return entity;
                }
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
