using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Orders a change into steps: what goes is stopped first and all at once; what is new or changed follows in layers,
/// each after everything it depends on.
/// </summary>
internal static class DeploymentPlanner
{
    /// <param name="target">The root after the change, with versions filled in.</param>
    /// <param name="difference">What changed. Definitions that did not change are not in it.</param>
    /// <param name="sentenced">Instances that a client chose to go, by service.</param>
    /// <param name="layers">How deep each service lies.</param>
    /// <param name="takeOver">Replacements under way that this change goes on with.</param>
    public static DeploymentPlan Plan(
        string id,
        Group target,
        RootDifference difference,
        IReadOnlyDictionary<PathId, ImmutableArray<InstanceId>> sentenced,
        DependencyLayers layers,
        TakeOver? takeOver = null)
    {
        var steps = ImmutableArray.CreateBuilder<DeploymentStep>();
        Add(difference.Services.Where(change => change.Target is null).Select(change => Act(ActionKind.Stop, change)));
        Add(difference.Services.Where(change => change.Original is null).Select(change => Act(ActionKind.Start, change)));

        var acting = difference.Services
            .Where(change => change.Target is not null)
            .Select(change => (Change: change, Kind: KindOf(change, sentenced, takeOver)))
            .Where(entry => entry.Kind is not null)
            .GroupBy(entry => layers.DepthOf(entry.Change.Target!))
            .OrderBy(layer => layer.Key);
        foreach (var layer in acting)
        {
            Add(layer.Select(entry => Act(entry.Kind!.Value, entry.Change)));
        }

        return new DeploymentPlan
        {
            Id = id,
            Version = target.Version,
            Steps = steps.ToImmutable(),
            Services = [.. difference.Services],
            Groups = [.. difference.Groups],
        };

        DeploymentAction Act(ActionKind kind, ServiceChange change) =>
            new(kind, change.App, kind == ActionKind.Scale && sentenced.TryGetValue(change.App, out var chosen) ? chosen : [])
            {
                IsPod = (change.Target ?? change.Original) is PodDefinition,
            };

        void Add(IEnumerable<DeploymentAction> actions)
        {
            ImmutableArray<DeploymentAction> all = [.. actions];
            if (!all.IsEmpty)
            {
                steps.Add(new DeploymentStep(all));
            }
        }
    }

    private static ActionKind? KindOf(
        ServiceChange change,
        IReadOnlyDictionary<PathId, ImmutableArray<InstanceId>> sentenced,
        TakeOver? takeOver)
    {
        if (change.Original is not { } original || change.Target is not { } target)
        {
            return ActionKind.Scale;
        }

        var restarts = original.VersionInfo?.LastConfigChangeAt != target.VersionInfo?.LastConfigChangeAt
            || (takeOver?.Contains(change.App) == true && !sentenced.ContainsKey(change.App));
        if (restarts && target.Instances > 0)
        {
            return ActionKind.Restart;
        }

        return restarts || original.Instances != target.Instances || sentenced.ContainsKey(change.App)
            ? ActionKind.Scale
            : null;
    }
}
