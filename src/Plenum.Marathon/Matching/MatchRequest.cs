using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>One instance of an app looks at one offer.</summary>
/// <param name="Placed">Where the instances are that constraints count.</param>
/// <param name="Known">Every agent seen so far.</param>
/// <param name="HomeRegion">The master's region; null when it has none.</param>
internal sealed record MatchRequest(
    RunSpec App,
    Offer Offer,
    AgentPlace Place,
    IReadOnlyList<AgentPlace> Placed,
    IReadOnlyCollection<AgentPlace> Known,
    string? HomeRegion,
    DateTimeOffset Now);
