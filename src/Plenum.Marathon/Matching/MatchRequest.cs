using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>One instance of an app looks at one offer.</summary>
/// <param name="Placed">The instances that constraints count.</param>
/// <param name="Known">The values of every agent seen so far.</param>
/// <param name="HomeRegion">The master's region; null when it has none.</param>
internal sealed record MatchRequest(
    RunSpec App,
    Offer Offer,
    AgentPlace Place,
    PlacedInstances Placed,
    PlaceCounts Known,
    string? HomeRegion,
    DateTimeOffset Now)
{
    /// <summary>The rule about other services that the agent breaks, in words.</summary>
    public string? BrokenRule { get; init; }
}
