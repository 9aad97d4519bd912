using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Placing;

namespace Plenum.Marathon.Groups;

/// <summary>The current root, the roots before it, and the versions of every app and pod.</summary>
internal sealed class RootBook(CoreContext context)
{
    private readonly Dictionary<PathId, RunSpec> _held = [];
    private readonly SortedSet<PathId> _daemons = [];

    public ApartRules ApartRules { get; } = new();

    public Group Root { get; private set; } = Group.EmptyRoot;

    public ImmutableDictionary<PathId, ImmutableArray<RunSpec>> SpecVersions { get; private set; } =
        ImmutableDictionary<PathId, ImmutableArray<RunSpec>>.Empty;

    /// <summary>Newest first; the first is the current root.</summary>
    public ImmutableArray<Group> RootVersions { get; private set; } = [];

    public RunSpec? Find(PathId app) => Root.FindSpec(app);

    /// <summary>
    /// What an instance starts as when it starts again: the current definition, or while an update has not got to replacing
    /// it, what it was of before.
    /// </summary>
    public RunSpec? FindFor(Instance instance) =>
        Find(instance.App) is { } current
            ? FindHeld(instance.App) is { } held && !instance.IsCurrent(current) && instance.IsCurrent(held) ? held : current
            : null;

    /// <summary>The definition before the current one, while instances of it are to be kept up.</summary>
    public RunSpec? FindHeld(PathId app) => _held.Count == 0 ? null : _held.GetValueOrDefault(app);

    /// <summary>All that instances of the service may start as now.</summary>
    public IEnumerable<RunSpec> LaunchableOf(PathId app)
    {
        if (Find(app) is { } current)
        {
            yield return current;
            if (FindHeld(app) is { } held)
            {
                yield return held;
            }
        }
    }

    /// <summary>Services that run on every agent.</summary>
    public IReadOnlySet<PathId> Daemons => _daemons;

    /// <summary>The count that an update brings a service to: of one that runs on every agent, what it is at the moment.</summary>
    public int CountOf(RunSpec target) =>
        target.IsDaemon && Find(target.Id) is { IsDaemon: true } current ? current.Instances : target.Instances;

    /// <summary>
    /// The agents became more or fewer. That is no new version: readers see the number, and the store keeps what it was
    /// when the definition was made.
    /// </summary>
    public void SetCount(RunSpec current, int count)
    {
        var counted = current with { Instances = count };
        Root = Root.WithCounted(counted);
        RootVersions = RootVersions.SetItem(0, Root);
        SpecVersions = SpecVersions.SetItem(counted.Id, SpecVersions[counted.Id].SetItem(0, counted));
        context.QueueTouched.Add(counted.Id);
    }

    /// <param name="held">A definition that only instances from before an update are of.</param>
    public void Hold(RunSpec held) => _held[held.Id] = held;

    public void Release(PathId app) => _held.Remove(app);

    /// <summary>The definition in a version; the current one where the version left the history.</summary>
    public RunSpec? Find(PathId app, Timestamp version)
    {
        if (SpecVersions.TryGetValue(app, out var versions))
        {
            foreach (var definition in versions)
            {
                if (definition.Version == version)
                {
                    return definition;
                }
            }
        }

        return FindHeld(app) is { VersionInfo: { } info } held && info.Includes(version) ? held : Find(app);
    }

    /// <summary>Stores the root and the definitions that are new in it, and makes it the current one.</summary>
    /// <param name="definitions">The changed definitions in their stored form.</param>
    public void Commit(Group root, IEnumerable<ServiceChange> changes, IReadOnlyDictionary<PathId, byte[]> definitions)
    {
        foreach (var change in changes)
        {
            context.QueueTouched.Add(change.App);
            ApartRules.Changed(change.Original, change.Target);
            if (change.Target is { } target)
            {
                Add(target, definitions[target.Id]);
            }
            else
            {
                Forget(change.App);
            }

            NoteDaemon(change.App, change.Target);
        }

        context.Write(StoreKeys.Root(root.Version), StoredJson.Write(StoredRoot.From(root)));
        Root = root;
        RootVersions = RootVersions.Insert(0, root);
        while (RootVersions.Length > context.Options.MaxVersions)
        {
            EvictOldest();
        }
    }

    public void Restore(IEnumerable<RunSpec> versions, IEnumerable<(string Key, StoredRoot Root)> roots)
    {
        var stored = versions.ToLookup(version => version.Id);
        RootVersions = [.. roots
            .OrderByDescending(entry => entry.Root.Version)
            .Select(entry => entry.Root.ToGroup(
                entry.Key,
                (path, version) => stored[path].FirstOrDefault(definition => definition.Version == version)))];
        Root = RootVersions.IsEmpty ? Group.EmptyRoot : RootVersions[0];
        foreach (var spec in Root.AllSpecs)
        {
            ApartRules.Changed(null, spec);
        }

        SpecVersions = Root.AllSpecs.ToImmutableDictionary(app => app.Id, app => HistoryOf(app.Id, stored[app.Id]));

        foreach (var spec in Root.AllSpecs)
        {
            NoteDaemon(spec.Id, spec);
        }

        // Of a change that was too large for one transaction and did not get as far as its root, or of a service that
        // no kept root knows any more.
        foreach (var orphan in stored.SelectMany(app => app).Where(version => !IsNamed(version)))
        {
            context.Write(StoreKeys.Spec(orphan), null);
        }
    }

    private void NoteDaemon(PathId path, RunSpec? spec)
    {
        if (spec is { IsDaemon: true })
        {
            _daemons.Add(path);
        }
        else
        {
            _daemons.Remove(path);
        }
    }

    /// <summary>Of the service that has the path now: what it was before the path was free belonged to another.</summary>
    private ImmutableArray<RunSpec> HistoryOf(PathId path, IEnumerable<RunSpec> stored)
    {
        var versions = stored.Where(version => version.Version <= Root.Version).ToList();
        if (versions.Count > 1 && RootVersions.FirstOrDefault(root => root.FindSpec(path) is null) is { } before)
        {
            versions.RemoveAll(version => version.Version <= before.Version);
        }

        return [.. versions.OrderByDescending(version => version.Version)];
    }

    private bool IsNamed(RunSpec version) =>
        IsInHistory(version) || RootVersions.Any(root => root.FindSpec(version.Id)?.Version == version.Version);

    private bool IsInHistory(RunSpec version) =>
        SpecVersions.TryGetValue(version.Id, out var versions) && versions.Any(known => known.Version == version.Version);

    private void Add(RunSpec app, byte[] stored)
    {
        var versions = SpecVersions.TryGetValue(app.Id, out var known) ? known : [];
        context.Write(StoreKeys.Spec(app), stored);
        versions = versions.Insert(0, app);

        // As many roots are kept as versions of an app, and a version lasts over consecutive roots: one that falls
        // out here is in no kept root.
        while (versions.Length > context.Options.MaxVersions)
        {
            context.Write(StoreKeys.Spec(versions[^1]), null);
            versions = versions.RemoveAt(versions.Length - 1);
        }

        SpecVersions = SpecVersions.SetItem(app.Id, versions);
    }

    /// <summary>A removed app's history goes with it, but for the versions that kept roots need to be restorable.</summary>
    private void Forget(PathId app)
    {
        if (!SpecVersions.TryGetValue(app, out var versions))
        {
            return;
        }

        var needed = RootVersions.Select(root => root.FindSpec(app)?.Version).ToHashSet();
        foreach (var version in versions)
        {
            if (!needed.Contains(version.Version))
            {
                context.Write(StoreKeys.Spec(version), null);
            }
        }

        SpecVersions = SpecVersions.Remove(app);
    }

    private void EvictOldest()
    {
        var evicted = RootVersions[^1];
        RootVersions = RootVersions.RemoveAt(RootVersions.Length - 1);
        context.Write(StoreKeys.Root(evicted.Version), null);

        // A version lasts over consecutive roots, so that only the next one can still name it; and what is in no history
        // belongs to a service that was removed, whether its path was taken again or not.
        var next = RootVersions[^1];
        foreach (var app in evicted.AllSpecs)
        {
            if (next.FindSpec(app.Id)?.Version != app.Version && !IsInHistory(app))
            {
                context.Write(StoreKeys.Spec(app), null);
            }
        }
    }
}
