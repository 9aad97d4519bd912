using System.Collections.Immutable;

namespace Plenum.Marathon.Instances;

/// <summary>Where an instance was placed, as the accepted offer described it. Attributes are in constraint text form.</summary>
internal sealed record AgentPlace(
    string AgentId,
    string Host,
    string? Region,
    string? Zone,
    ImmutableSortedDictionary<string, string> Attributes)
{
    /// <summary>The agent's address as the offer's URL gives it: probes do not depend on names.</summary>
    public string? Ip { get; init; }
}
