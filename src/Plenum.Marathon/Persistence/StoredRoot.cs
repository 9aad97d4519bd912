using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// A root as it is stored: its groups, and its apps by version. The definitions are entries of their own, so that a
/// change of one app among ten thousand writes one definition and one list.
/// </summary>
internal sealed record StoredRoot
{
    public required Timestamp Version { get; init; }

    public ImmutableArray<StoredGroup> Groups { get; init; } = [];

    /// <summary>Versions by path.</summary>
    public ValueMap<string> Apps { get; init; } = ValueMap<string>.Empty;

    public static StoredRoot From(Group root) => new()
    {
        Version = root.Version,
        Groups = [.. root.AllGroups.Prepend(root).Select(StoredGroup.From)],
        Apps = ValueMap<string>.From(
            root.AllApps.Select(app => KeyValuePair.Create(app.Id.Text, app.Version.ToString()))),
    };

    /// <summary>The tree, with definitions found by path and version.</summary>
    public Group ToGroup(string key, Func<PathId, Timestamp, AppDefinition?> find)
    {
        var groups = Groups.ToDictionary(group => group.Id);
        var apps = Apps
            .Select(entry => (Path: PathId.Parse(entry.Key), Version: Timestamp.Parse(entry.Value)))
            .Select(entry => find(entry.Path, entry.Version)
                ?? throw new StoredStateException(key, $"it names {entry.Path} in version {entry.Version}, which is not stored", null))
            .ToLookup(app => app.Id.Parent);
        var below = Groups.Where(group => !group.Id.IsRoot).ToLookup(group => group.Id.Parent);
        return Build(groups.GetValueOrDefault(PathId.Root) ?? new StoredGroup(PathId.Root) { Version = Version });

        Group Build(StoredGroup stored) => new(stored.Id)
        {
            Dependencies = stored.Dependencies,
            EnforceRole = stored.EnforceRole,
            Version = stored.Version,
            Apps = apps[stored.Id].ToImmutableSortedDictionary(app => app.Id, app => app),
            Groups = below[stored.Id].Select(Build).ToImmutableSortedDictionary(group => group.Id, group => group),
        };
    }
}
