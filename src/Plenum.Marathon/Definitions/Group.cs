using System.Collections.Immutable;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// A group with the apps, pods and groups in it, keyed by absolute path. Immutable: a change copies only the groups
/// from the changed one up to the root, so that ten thousand apps share all that did not change.
/// </summary>
internal sealed record Group(PathId Id)
{
    public static readonly Group EmptyRoot = new(PathId.Root);

    public ImmutableSortedDictionary<PathId, AppDefinition> Apps { get; init; } =
        ImmutableSortedDictionary<PathId, AppDefinition>.Empty;

    public ImmutableSortedDictionary<PathId, PodDefinition> Pods { get; init; } =
        ImmutableSortedDictionary<PathId, PodDefinition>.Empty;

    public ImmutableSortedDictionary<PathId, Group> Groups { get; init; } =
        ImmutableSortedDictionary<PathId, Group>.Empty;

    /// <summary>Inherited by every service below.</summary>
    public ValueList<PathId> Dependencies { get; init; } = [];

    /// <summary>Set on groups directly under the root only.</summary>
    public bool? EnforceRole { get; init; }

    /// <summary>The time of the last change in or below the group.</summary>
    public Timestamp Version { get; init; }

    public bool IsEmpty => Apps.IsEmpty && Pods.IsEmpty && Groups.IsEmpty;

    public IEnumerable<AppDefinition> AllApps => Apps.Values.Concat(Groups.Values.SelectMany(group => group.AllApps));

    public IEnumerable<PodDefinition> AllPods => Pods.Values.Concat(Groups.Values.SelectMany(group => group.AllPods));

    public IEnumerable<RunSpec> AllSpecs => AllApps.Concat<RunSpec>(AllPods);

    public IEnumerable<Group> AllGroups => Groups.Values.Concat(Groups.Values.SelectMany(group => group.AllGroups));

    /// <summary>The group at the path, this one included.</summary>
    public Group? FindGroup(PathId path)
    {
        if (path == Id)
        {
            return this;
        }

        if (!path.IsWithin(Id))
        {
            return null;
        }

        var group = this;
        var at = Id;
        foreach (var name in path.Segments.Skip(Id.Segments.Count))
        {
            at = at.Child(name);
            if (!group.Groups.TryGetValue(at, out group!))
            {
                return null;
            }
        }

        return group;
    }

    public AppDefinition? FindApp(PathId path) =>
        path.IsRoot ? null : FindGroup(path.Parent)?.Apps.GetValueOrDefault(path);

    public PodDefinition? FindPod(PathId path) =>
        path.IsRoot ? null : FindGroup(path.Parent)?.Pods.GetValueOrDefault(path);

    /// <summary>The app or the pod at the path; there is never both.</summary>
    public RunSpec? FindSpec(PathId path) =>
        !path.IsRoot && FindGroup(path.Parent) is { } group
            ? group.Apps.TryGetValue(path, out var app) ? app : group.Pods.GetValueOrDefault(path)
            : null;

    public Group WithApp(AppDefinition app, Timestamp version) => WithSpec(app, version);

    public Group WithoutApp(PathId path, Timestamp version) => WithoutSpec(path, version);

    /// <summary>
    /// Adds or replaces the app or pod. Parent groups appear on demand; an empty group of the same path gives way.
    /// </summary>
    public Group WithSpec(RunSpec spec, Timestamp version) =>
        WithUpdatedGroup(
            spec.Id.Parent,
            version,
            parent => parent with
            {
                Apps = spec is AppDefinition app ? parent.Apps.SetItem(app.Id, app) : parent.Apps.Remove(spec.Id),
                Pods = spec is PodDefinition pod ? parent.Pods.SetItem(pod.Id, pod) : parent.Pods.Remove(spec.Id),
                Groups = parent.Groups.TryGetValue(spec.Id, out var group) && group.IsEmpty
                    ? parent.Groups.Remove(spec.Id)
                    : parent.Groups,
            });

    /// <summary>Replaces a service by itself with another count, which is no change that anybody made: all versions stay.</summary>
    public Group WithCounted(RunSpec spec)
    {
        return Update(this, Id.Segments.Count);

        Group Update(Group group, int depth)
        {
            var segments = spec.Id.Parent.Segments;
            if (depth < segments.Count)
            {
                var child = group.Id.Child(segments[depth]);
                return group with { Groups = group.Groups.SetItem(child, Update(group.Groups[child], depth + 1)) };
            }

            return spec is AppDefinition app
                ? group with { Apps = group.Apps.SetItem(app.Id, app) }
                : group with { Pods = group.Pods.SetItem(spec.Id, (PodDefinition)spec) };
        }
    }

    public Group WithoutSpec(PathId path, Timestamp version) =>
        FindSpec(path) is null
            ? this
            : WithUpdatedGroup(
                path.Parent,
                version,
                parent => parent with { Apps = parent.Apps.Remove(path), Pods = parent.Pods.Remove(path) });

    /// <summary>Puts the group, with all below it, at its path.</summary>
    public Group WithGroup(Group group, Timestamp version) =>
        group.Id == Id
            ? group with { Version = version }
            : WithUpdatedGroup(
                group.Id.Parent,
                version,
                parent => parent with { Groups = parent.Groups.SetItem(group.Id, group with { Version = version }) });

    public Group WithoutGroup(PathId path, Timestamp version)
    {
        if (path == Id)
        {
            return new Group(Id) { Version = version };
        }

        return FindGroup(path) is null
            ? this
            : WithUpdatedGroup(path.Parent, version, parent => parent with { Groups = parent.Groups.Remove(path) });
    }

    /// <summary>Changes the group at the path and stamps it and everything above it with the version.</summary>
    public Group WithUpdatedGroup(PathId path, Timestamp version, Func<Group, Group> change)
    {
        if (!path.IsWithin(Id))
        {
            throw new ArgumentException($"{path} is not in {Id}", nameof(path));
        }

        return Update(this, path.Segments, Id.Segments.Count);

        Group Update(Group group, IReadOnlyList<string> segments, int depth)
        {
            if (depth == segments.Count)
            {
                return change(group) with { Version = version };
            }

            var childId = group.Id.Child(segments[depth]);
            var child = group.Groups.GetValueOrDefault(childId) ?? new Group(childId);
            return group with
            {
                Groups = group.Groups.SetItem(childId, Update(child, segments, depth + 1)),
                Version = version,
            };
        }
    }
}
