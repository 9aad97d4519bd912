using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Matching;

/// <summary>Where the instances of a service are that its own constraints count.</summary>
internal sealed class PlacedInstances
{
    private readonly List<AgentPlace> _places;
    private HashSet<string>? _agents;

    public PlacedInstances(IEnumerable<AgentPlace> places)
    {
        _places = [.. places];
        Counts = new PlaceCounts(() => _places);
    }

    /// <summary>For rules that are judged as if no other instance were there.</summary>
    public static PlacedInstances None() => new([]);

    /// <summary>The place of the oldest one.</summary>
    public AgentPlace? First => _places.Count == 0 ? null : _places[0];

    public PlaceCounts Counts { get; }

    public bool IsOn(string agentId)
    {
        _agents ??= [.. _places.Select(place => place.AgentId)];
        return _agents.Contains(agentId);
    }

    public void Add(AgentPlace place)
    {
        _agents?.Add(place.AgentId);
        _places.Add(place);
        Counts.Added(place);
    }
}
