namespace Plenum.Simulation.World;

/// <summary>The shared store: durable once committed, and only for the newest term.</summary>
internal sealed class SimStore
{
    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

    public long Term { get; private set; }

    public long NextTerm() => ++Term;

    public IReadOnlyList<KeyValuePair<string, byte[]>> Read() => [.. _entries];

    public bool TryCommit(long term, IEnumerable<KeyValuePair<string, byte[]?>> writes)
    {
        if (term != Term)
        {
            return false;
        }

        foreach (var (key, value) in writes)
        {
            if (value is null)
            {
                _entries.Remove(key);
            }
            else
            {
                _entries[key] = value;
            }
        }

        return true;
    }
}
