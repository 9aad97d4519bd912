using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// A root as it is stored: its groups, and its apps and pods by version. The definitions are entries of their own, so that a
/// change of one app among ten thousand writes one definition and one list.
/// </summary>
internal sealed record StoredRoot
{
    public required Timestamp Version { get; init; }

    public ImmutableArray<StoredGroup> Groups { get; init; } = [];

    /// <summary>Versions by path.</summary>
    public ValueMap<string> Apps { get; init; } = ValueMap<string>.Empty;

    /// <inheritdoc cref="Apps"/>
    public ValueMap<string> Pods { get; init; } = ValueMap<string>.Empty;

    public static StoredRoot From(Group root) => new()
    {
        Version = root.Version,
        Groups = [.. root.AllGroups.Prepend(root).Select(StoredGroup.From)],
        Apps = VersionsOf(root.AllApps),
        Pods = VersionsOf(root.AllPods),
    };

    /// <summary>The tree, with definitions found by path and version.</summary>
    public Group ToGroup(string key, Func<PathId, Timestamp, RunSpec?> find)
    {
        var groups = Groups.ToDictionary(group => group.Id);
        var specs = Apps.Concat(Pods)
            .Select(entry => (Path: PathId.Parse(entry.Key), Version: Timestamp.Parse(entry.Value)))
            .Select(entry => find(entry.Path, entry.Version)
                ?? throw new StoredStateException(key, $"it names {entry.Path} in version {entry.Version}, which is not stored", null))
            .ToLookup(spec => spec.Id.Parent);
        var below = Groups.Where(group => !group.Id.IsRoot).ToLookup(group => group.Id.Parent);
        return Build(groups.GetValueOrDefault(PathId.Root) ?? new StoredGroup(PathId.Root) { Version = Version });

        Group Build(StoredGroup stored) => new(stored.Id)
        {
            Dependencies = stored.Dependencies,
            EnforceRole = stored.EnforceRole,
            Version = stored.Version,
            Apps = specs[stored.Id].OfType<AppDefinition>().ToImmutableSortedDictionary(app => app.Id, app => app),
            Pods = specs[stored.Id].OfType<PodDefinition>().ToImmutableSortedDictionary(pod => pod.Id, pod => pod),
            Groups = below[stored.Id].Select(Build).ToImmutableSortedDictionary(group => group.Id, group => group),
        };
    }

    private static ValueMap<string> VersionsOf(IEnumerable<RunSpec> specs) =>
        ValueMap<string>.From(specs.Select(spec => KeyValuePair.Create(spec.Id.Text, spec.Version.ToString())));
}
