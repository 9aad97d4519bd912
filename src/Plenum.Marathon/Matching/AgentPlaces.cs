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

    public IReadOnlyCollection<AgentPlace> All => _places.Values;

    public AgentPlace See(Offer offer)
    {
        var place = PlaceOf(offer);
        if (_places.Count < MaxAgents || _places.ContainsKey(place.AgentId))
        {
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

    public void Lost(string agentId) => _places.Remove(agentId);

    public void Clear() => _places.Clear();
}
