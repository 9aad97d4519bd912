namespace Plenum.Agent.Containers.Users;

/// <summary>Which container has which ids. Pure: what runs already is told by its own record.</summary>
/// <param name="first">The first id that may be given away.</param>
/// <param name="size">How many there are.</param>
internal sealed class IdRanges(uint first, uint size)
{
    private readonly Dictionary<ContainerKey, IdRange> _taken = [];

    /// <summary>How many containers can have a range at once.</summary>
    public uint Places => size / IdRange.Count;

    /// <summary>The lowest free range, kept until it is returned; null: all are taken.</summary>
    public IdRange? Take(ContainerKey container)
    {
        for (var place = 0u; place < Places; place++)
        {
            var range = new IdRange(first + (place * IdRange.Count));
            if (!_taken.Values.Any(taken => taken.Overlaps(range)))
            {
                _taken.Add(container, range);
                return range;
            }
        }

        return null;
    }

    /// <summary>A container that an earlier agent started keeps its ids, though they may lie outside of what is given away now.</summary>
    public void Restore(ContainerKey container, IdRange range) => _taken[container] = range;

    public void Return(ContainerKey container) => _taken.Remove(container);
}
