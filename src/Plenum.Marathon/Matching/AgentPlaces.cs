using System.Collections.Immutable;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>
/// What offers told about the agents: GROUP_BY without a number spreads over the values that were seen.
/// </summary>
internal sealed class AgentPlaces
{
    // Twice the largest cluster Mesos was run with; beyond it unknown agents are placed without being remembered.
    public const int MaxAgents = 100_000;

    private readonly Dictionary<string, AgentPlace> _places = [];

    public AgentPlaces() => Counts = new PlaceCounts(() => _places.Values);

    public IReadOnlyCollection<AgentPlace> All => _places.Values;

    /// <summary>How many agents have each value of a field.</summary>
    public PlaceCounts Counts { get; }

    public AgentPlace See(Offer offer)
    {
        var place = PlaceOf(offer);
        var isKnown = _places.TryGetValue(place.AgentId, out var before);
        if (isKnown || _places.Count < MaxAgents)
        {
            if (isKnown)
            {
                Counts.Removed(before!);
            }

            Counts.Added(place);
            _places[place.AgentId] = place;
        }

        return place;
    }

    public static AgentPlace PlaceOf(Offer offer)
    {
        var domain = offer.Domain?.FaultDomain;
        return new AgentPlace(
            offer.AgentId.Value,
            offer.Hostname,
            domain?.Region?.Name,
            domain?.Zone?.Name,
            offer.Attributes.Count == 0
                ? ImmutableSortedDictionary<string, string>.Empty
                : offer.Attributes
                    .GroupBy(attribute => attribute.Name)
                    .ToImmutableSortedDictionary(group => group.Key, group => AttributeText.Of(group.First()), StringComparer.Ordinal))
        {
            Ip = offer.Url?.Address is { HasIp: true } address ? address.Ip : null,
        };
    }

    public void Lost(string agentId)
    {
        if (_places.Remove(agentId, out var place))
        {
            Counts.Removed(place);
        }
    }
}
