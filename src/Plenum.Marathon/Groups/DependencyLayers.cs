using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Groups;

/// <summary>
/// The depth of services in the dependency graph: the length of the longest chain below them. Services inherit the
/// dependencies of their groups, and depending on a group is depending on everything in it.
/// </summary>
internal sealed class DependencyLayers(Group root)
{
    private readonly Dictionary<PathId, int> _depths = [];
    private readonly HashSet<PathId> _visiting = [];
    private readonly Stack<PathId> _trail = new();

    /// <summary>The services of a cycle that a <see cref="DepthOf"/> ran into.</summary>
    public IReadOnlyList<PathId>? Cycle { get; private set; }

    public int DepthOf(RunSpec app)
    {
        if (_depths.TryGetValue(app.Id, out var known))
        {
            return known;
        }

        if (!_visiting.Add(app.Id))
        {
            Cycle ??= [.. _trail.TakeWhile(path => path != app.Id).Append(app.Id).Reverse()];
            return 0;
        }

        _trail.Push(app.Id);
        var depth = 0;
        foreach (var dependency in DependenciesOf(app))
        {
            depth = Math.Max(depth, DepthOf(dependency) + 1);
        }

        _trail.Pop();
        _visiting.Remove(app.Id);
        return _depths[app.Id] = depth;
    }

    private IEnumerable<RunSpec> DependenciesOf(RunSpec app)
    {
        foreach (var path in app.DependsOn)
        {
            foreach (var service in ServicesAt(path))
            {
                yield return service;
            }
        }

        for (var at = app.Id.Parent; ; at = at.Parent)
        {
            if (root.FindGroup(at) is { Dependencies.IsEmpty: false } group)
            {
                foreach (var service in group.Dependencies.SelectMany(path => ServicesAt(path)))
                {
                    yield return service;
                }
            }

            if (at.IsRoot)
            {
                yield break;
            }
        }
    }

    private IEnumerable<RunSpec> ServicesAt(PathId path) =>
        root.FindSpec(path) is { } app ? [app] : root.FindGroup(path)?.AllSpecs ?? [];
}
