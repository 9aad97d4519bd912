using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;

namespace Plenum.Marathon.Core;

/// <summary>
/// The whole state at one moment, for readers. Taking it copies references only; a reader takes it
/// once and uses nothing else.
/// </summary>
internal sealed record MarathonSnapshot
{
    public static readonly MarathonSnapshot Empty = new();

    public Group Root { get; init; } = Group.EmptyRoot;

    public ImmutableDictionary<PathId, AppRuntime> Apps { get; init; } =
        ImmutableDictionary<PathId, AppRuntime>.Empty;

    /// <summary>In order of their start.</summary>
    public ImmutableArray<RunningDeployment> Deployments { get; init; } = [];

    /// <summary>In order of waiting.</summary>
    public ImmutableArray<QueueItem> Queue { get; init; } = [];

    /// <summary>Stored versions of each service, newest first, the current one included.</summary>
    public ImmutableDictionary<PathId, ImmutableArray<RunSpec>> SpecVersions { get; init; } =
        ImmutableDictionary<PathId, ImmutableArray<RunSpec>>.Empty;

    /// <summary>Stored roots, newest first, the current one included.</summary>
    public ImmutableArray<Group> RootVersions { get; init; } = [];

    /// <summary>null until the first subscription.</summary>
    public string? FrameworkId { get; init; }

    public bool IsConnected { get; init; }

    public AppRuntime? FindRuntime(PathId app) => Apps.GetValueOrDefault(app);

    public Instance? FindInstance(InstanceId id) =>
        InstanceId.TryParse(id.Value, out var safePath)
        && PathId.TryParse("/" + safePath.Replace('_', '/'), out var app)
        && Apps.TryGetValue(app, out var runtime)
            ? runtime.Instances.GetValueOrDefault(id)
            : null;

    public ImmutableArray<RunSpec> VersionsOf(PathId app) =>
        SpecVersions.TryGetValue(app, out var versions) ? versions : [];

    public RunSpec? FindVersion(PathId app, Timestamp version) =>
        VersionsOf(app).FirstOrDefault(definition => definition.Version == version);

    /// <summary>
    /// The definition an instance was launched from; the current one when its version left the history
    /// (scaling makes versions, and instances do not follow those).
    /// </summary>
    public RunSpec? DefinitionOf(Instance instance) =>
        FindVersion(instance.App, instance.Version) ?? Root.FindSpec(instance.App);

    public IEnumerable<string> DeploymentsOf(PathId app) =>
        Deployments.Where(deployment => deployment.Plan.Affected.Contains(app)).Select(deployment => deployment.Plan.Id);
}
