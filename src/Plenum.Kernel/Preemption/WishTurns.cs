namespace Plenum.Kernel.Preemption;

/// <summary>
/// Whose turn it is where the wishes are more than one look may weigh: the next one goes on with the agents that were not
/// weighed for the wish at hand, and those weighed in vain wait until all others were.
/// </summary>
internal sealed class WishTurns
{
    // By reference: two wishes may ask for the same. They go with the round.
    private readonly HashSet<ResourceWish> _inVain = new(ReferenceEqualityComparer.Instance);
    private (ResourceWish Wish, int Agent)? _cut;

    public bool HadTurn(ResourceWish wish) => _inVain.Contains(wish);

    /// <summary>
    /// Place of the agent to begin with. Agents that came or went since move the others: one that is missed by it has its
    /// turn in the next round.
    /// </summary>
    public int Begin(ResourceWish wish) => _cut is { } cut && ReferenceEquals(cut.Wish, wish) ? cut.Agent : 0;

    /// <summary>Nothing was found up to <paramref name="rest"/>; null when that was all.</summary>
    public void InVain(ResourceWish wish, int? rest)
    {
        if (rest is { } agent)
        {
            _cut = (wish, agent);
        }
        else
        {
            _inVain.Add(wish);
        }
    }

    /// <summary>All begin again, the most important first.</summary>
    public void NewRound()
    {
        _inVain.Clear();
        _cut = null;
    }
}
