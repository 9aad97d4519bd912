using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Offers;

/// <summary>
/// What a framework refused in one role, by agent. A refusal blocks offers whose resources are inside the
/// refused ones; a larger offer passes.
/// </summary>
internal sealed class OfferFilters
{
    /// <summary>
    /// Refusals of one agent kept at a time. Each later one usually covers the earlier; when a framework
    /// refuses many different pieces the one that ends first goes, which only means an offer too many.
    /// </summary>
    private const int MaxPerAgent = 8;

    /// <summary>Below this, stale hints are not worth the work of finding them.</summary>
    private const int HintsWorthSorting = 64;

    private readonly Dictionary<AgentId, List<Refusal>> _refusals = [];

    // When which agent may have a refusal that is over: a hint, which outlives one that went earlier.
    private readonly PriorityQueue<AgentId, DateTimeOffset> _ends = new();
    private int _count;

    public bool IsEmpty => _refusals.Count == 0;

    /// <summary>Resources without allocation role.</summary>
    public void Refuse(AgentId agent, ResourceSet resources, DateTimeOffset until)
    {
        if (!_refusals.TryGetValue(agent, out var refusals))
        {
            refusals = [];
            _refusals.Add(agent, refusals);
        }

        var soonest = 0;
        for (var i = refusals.Count - 1; i >= 0; i--)
        {
            if (refusals[i].Until <= until && resources.Contains(refusals[i].Resources))
            {
                refusals.RemoveAt(i);
                _count--;
            }
        }

        for (var i = 1; i < refusals.Count; i++)
        {
            soonest = refusals[i].Until < refusals[soonest].Until ? i : soonest;
        }

        if (refusals.Count >= MaxPerAgent)
        {
            refusals.RemoveAt(soonest);
            _count--;
        }

        refusals.Add(new Refusal(resources, until));
        _count++;
        _ends.Enqueue(agent, until);
        if (_ends.Count > HintsWorthSorting && _ends.Count > _count * 2)
        {
            HintAnew();
        }
    }

    public bool Blocks(AgentId agent, ResourceSet resources, DateTimeOffset now)
    {
        if (_refusals.Count == 0 || !_refusals.TryGetValue(agent, out var refusals))
        {
            return false;
        }

        var blocked = false;
        for (var i = refusals.Count - 1; i >= 0; i--)
        {
            if (refusals[i].Until <= now)
            {
                refusals.RemoveAt(i);
                _count--;
            }
            else if (refusals[i].Resources.Contains(resources))
            {
                blocked = true;
            }
        }

        if (refusals.Count == 0)
        {
            _refusals.Remove(agent);
        }

        return blocked;
    }

    /// <summary>How many refusals hold. Those that are over leave here, also when nobody asks for their agent any more.</summary>
    public int CountAt(DateTimeOffset now)
    {
        while (_ends.TryPeek(out var agent, out var end) && end <= now)
        {
            _ends.Dequeue();
            if (!_refusals.TryGetValue(agent, out var refusals))
            {
                continue;
            }

            _count -= refusals.RemoveAll(refusal => refusal.Until <= now);
            if (refusals.Count == 0)
            {
                _refusals.Remove(agent);
            }
        }

        return _count;
    }

    public void Clear()
    {
        _refusals.Clear();
        _ends.Clear();
        _count = 0;
    }

    public void Forget(AgentId agent)
    {
        if (_refusals.Remove(agent, out var refusals))
        {
            _count -= refusals.Count;
        }
    }

    private void HintAnew()
    {
        _ends.Clear();
        foreach (var (agent, refusals) in _refusals)
        {
            foreach (var refusal in refusals)
            {
                _ends.Enqueue(agent, refusal.Until);
            }
        }
    }

    private readonly record struct Refusal(ResourceSet Resources, DateTimeOffset Until);
}
