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

    private readonly Dictionary<AgentId, List<Refusal>> _refusals = [];

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
            }
        }

        for (var i = 1; i < refusals.Count; i++)
        {
            soonest = refusals[i].Until < refusals[soonest].Until ? i : soonest;
        }

        if (refusals.Count >= MaxPerAgent)
        {
            refusals.RemoveAt(soonest);
        }

        refusals.Add(new Refusal(resources, until));
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

    public void Clear() => _refusals.Clear();

    public void Forget(AgentId agent) => _refusals.Remove(agent);

    private readonly record struct Refusal(ResourceSet Resources, DateTimeOffset Until);
}
