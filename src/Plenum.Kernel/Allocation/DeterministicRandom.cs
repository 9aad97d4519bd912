namespace Plenum.Kernel.Allocation;

/// <summary>SplitMix64: the same shuffles from the same seed on every machine and runtime.</summary>
internal sealed class DeterministicRandom(ulong seed)
{
    private ulong _state = seed;

    public void Shuffle<T>(List<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>
    /// Ordering by this draws without putting back, heavier ones earlier: the time at which the first
    /// of <paramref name="weight"/> events a second happens.
    /// </summary>
    public double WeightedKey(double weight) => -Math.Log(1 - ((Next() >> 11) * (1.0 / (1UL << 53)))) / weight;

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
