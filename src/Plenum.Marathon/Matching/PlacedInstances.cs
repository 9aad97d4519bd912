using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Matching;

/// <summary>Where the instances of a service are that its own constraints count.</summary>
internal sealed class PlacedInstances
{
    private readonly List<AgentPlace> _places;

    public PlacedInstances(IEnumerable<AgentPlace> places)
    {
        _places = [.. places];
        Counts = new PlaceCounts(() => _places);
    }

    /// <summary>The place of the oldest one.</summary>
    public AgentPlace? First => _places.Count == 0 ? null : _places[0];

    public PlaceCounts Counts { get; }

    public void Add(AgentPlace place)
    {
        _places.Add(place);
        Counts.Added(place);
    }
}
