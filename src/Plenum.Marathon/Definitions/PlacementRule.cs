namespace Plenum.Marathon.Definitions;

/// <summary>Near or far from the instances of another service.</summary>
/// <param name="App">The other app or pod.</param>
/// <param name="Topology">What counts as one place: <c>@hostname</c>, <c>@zone</c>, <c>@region</c> or an agent's attribute.</param>
/// <param name="Weight">null for a rule that must hold; else how much an agent that meets it is preferred.</param>
internal sealed record PlacementRule(PathId App, string Topology, int? Weight)
{
    public const string DefaultTopology = "@hostname";

    public bool IsHard => Weight is null;
}
