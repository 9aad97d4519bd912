using System.Collections.Immutable;

namespace Plenum.Marathon.Instances;

/// <summary>Where an instance was placed, as the accepted offer described it. Attributes are in constraint text form.</summary>
internal sealed record AgentPlace(
    string AgentId,
    string Host,
    string? Region,
    string? Zone,
    ImmutableSortedDictionary<string, string> Attributes);
