using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Placing;

/// <summary>
/// Who must be apart from a service: a rule of one service holds for the other too, else the one that is placed later would
/// break it. Kept up change by change, since a walk over ten thousand definitions is too much for each.
/// </summary>
internal sealed class ApartRules
{
    private readonly Dictionary<PathId, SortedSet<(PathId From, string Topology)>> _of = [];

    /// <summary>Services that must not be where this one goes, with what counts as one place, in a fixed order.</summary>
    public IReadOnlyCollection<(PathId From, string Topology)> Of(PathId app) =>
        _of.Count > 0 && _of.TryGetValue(app, out var rules) ? rules : [];

    public void Changed(RunSpec? original, RunSpec? target)
    {
        foreach (var rule in HardOf(original))
        {
            if (_of.TryGetValue(rule.App, out var rules) && rules.Remove((original!.Id, rule.Topology)) && rules.Count == 0)
            {
                _of.Remove(rule.App);
            }
        }

        foreach (var rule in HardOf(target))
        {
            if (!_of.TryGetValue(rule.App, out var rules))
            {
                _of[rule.App] = rules = new SortedSet<(PathId From, string Topology)>(Order);
            }

            rules.Add((target!.Id, rule.Topology));
        }
    }

    private static readonly Comparer<(PathId From, string Topology)> Order = Comparer<(PathId From, string Topology)>.Create(
        (one, other) => one.From.CompareTo(other.From) is not 0 and var order
            ? order
            : string.CompareOrdinal(one.Topology, other.Topology));

    private static IEnumerable<PlacementRule> HardOf(RunSpec? spec) =>
        spec?.Placement is { } placement ? placement.Apart.AsEnumerable().Where(rule => rule.IsHard) : [];
}
