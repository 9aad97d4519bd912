using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;

namespace Plenum.Marathon.Placing;

/// <summary>Judges an agent by the rules that a service has about others: what must hold, and how well it suits.</summary>
internal sealed class Placer(RootBook roots, PlaceIndex index)
{
    /// <summary>The first rule that must hold and does not, in words; null when none is broken.</summary>
    public string? Broken(RunSpec app, AgentPlace place)
    {
        if (app.Placement is { } placement)
        {
            foreach (var rule in placement.Near)
            {
                if (rule.IsHard && !IsAt(rule.App, rule.Topology, place))
                {
                    return $"near {rule.App} on {rule.Topology}";
                }
            }

            foreach (var rule in placement.Apart)
            {
                if (rule.IsHard && IsAt(rule.App, rule.Topology, place))
                {
                    return $"apart from {rule.App} on {rule.Topology}";
                }
            }
        }

        foreach (var (from, topology) in roots.ApartRules.Of(app.Id))
        {
            if (IsAt(from, topology, place))
            {
                return $"{from} must be apart from it on {topology}";
            }
        }

        return null;
    }

    /// <summary>The weights of all preferences that the agent meets.</summary>
    public int Score(RunSpec app, AgentPlace place, PlacedInstances placed, PlaceCounts known)
    {
        if (app.Placement is not { HasPreferences: true } placement)
        {
            return 0;
        }

        var score = 0;
        foreach (var rule in placement.Near)
        {
            score += rule.Weight is { } weight && IsAt(rule.App, rule.Topology, place) ? weight : 0;
        }

        foreach (var rule in placement.Apart)
        {
            score += rule.Weight is { } weight && !IsAt(rule.App, rule.Topology, place) ? weight : 0;
        }

        foreach (var (rule, weight) in placement.Prefer)
        {
            score += ConstraintEvaluator.IsMet(rule, app.Instances, place, placed, known) ? weight : 0;
        }

        return score;
    }

    /// <summary>Whether where other services are decides about this one.</summary>
    public bool DependsOn(RunSpec app, IReadOnlySet<PathId> others) =>
        (app.Placement is { } placement && placement.Near.AsEnumerable().Concat(placement.Apart).Any(rule => others.Contains(rule.App)))
        || roots.ApartRules.Of(app.Id).Any(rule => others.Contains(rule.From));

    /// <summary>The score of an agent that meets all that is wanted and nothing that is not.</summary>
    public static int BestScore(Placement placement) =>
        placement.Near.AsEnumerable().Concat(placement.Apart).Sum(rule => rule.Weight ?? 0)
        + placement.Prefer.AsEnumerable().Sum(preference => Math.Max(0, preference.Weight));

    private bool IsAt(PathId app, string topology, AgentPlace place) =>
        ConstraintEvaluator.FieldOf(place, topology) is { } value && index.Count(app, topology, value) > 0;
}
