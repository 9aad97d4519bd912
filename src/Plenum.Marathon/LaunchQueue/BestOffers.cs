using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>
/// The offers at hand in the order in which a service with preferences takes them: the best first, among equals the one
/// that it took least of, so that a burst spreads.
/// </summary>
/// <param name="score">How well an offer suits at this moment: what was placed meanwhile can only make it worse.</param>
/// <param name="spread">Instances that one offer takes before the next of equal worth has its turn.</param>
internal sealed class BestOffers(Func<OfferTable, int> score, int spread)
{
    private readonly PriorityQueue<OfferTable, (int WorstFirst, int Turn, int Order)> _queue = new();
    private readonly Dictionary<OfferTable, (int Order, int Taken)> _entries = [];

    public void Add(OfferTable table)
    {
        _entries[table] = (_entries.Count, 0);
        Enqueue(table, score(table));
    }

    /// <summary>The best that is left; it is out of the queue until <see cref="Took"/>.</summary>
    public bool TryTake(out OfferTable table, out int worth)
    {
        while (_queue.TryDequeue(out table!, out var priority))
        {
            worth = score(table);
            if (worth >= -priority.WorstFirst)
            {
                return true;
            }

            Enqueue(table, worth);
        }

        worth = 0;
        return false;
    }

    /// <summary>One instance was placed there, and another may be.</summary>
    public void Took(OfferTable table)
    {
        var (order, taken) = _entries[table];
        _entries[table] = (order, taken + 1);
        Enqueue(table, score(table));
    }

    private void Enqueue(OfferTable table, int worth)
    {
        var (order, taken) = _entries[table];
        _queue.Enqueue(table, (-worth, taken / spread, order));
    }
}
