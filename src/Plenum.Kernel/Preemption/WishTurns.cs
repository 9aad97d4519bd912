namespace Plenum.Kernel.Preemption;

/// <summary>
/// Whose turn it is where the wishes are more than one look may weigh: each goes on with the agents that were not weighed
/// for it, whoever came between, and those weighed in vain wait until all others were.
/// </summary>
internal sealed class WishTurns
{
    private const int AllWeighed = int.MaxValue;

    // Agents weighed so far. By reference: two wishes may ask for the same. They go with the round, or with the wish.
    private readonly Dictionary<ResourceWish, int> _weighed = new(ReferenceEqualityComparer.Instance);

    public bool HadTurn(ResourceWish wish) => Begin(wish) == AllWeighed;

    /// <summary>
    /// Place of the agent to begin with. Agents that came or went since move the others: one that is missed by it has its
    /// turn in the next round.
    /// </summary>
    public int Begin(ResourceWish wish) => _weighed.GetValueOrDefault(wish);

    /// <summary>Nothing was found up to <paramref name="rest"/>; null when that was all.</summary>
    public void InVain(ResourceWish wish, int? rest) => _weighed[wish] = rest ?? AllWeighed;

    /// <summary>
    /// A round may last as long as there are more wishes than looks weigh, and frameworks change theirs meanwhile: no more is
    /// remembered than is wished for, which has its bound.
    /// </summary>
    public void ForgetAllBut(IReadOnlySet<ResourceWish> wishes)
    {
        foreach (var wish in _weighed.Keys.Where(wish => !wishes.Contains(wish)).ToList())
        {
            _weighed.Remove(wish);
        }
    }

    /// <summary>All begin again, the most important first.</summary>
    public void NewRound() => _weighed.Clear();
}
