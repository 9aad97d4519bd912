using System.Collections.Immutable;
using System.Globalization;
using Plenum.Marathon.Core;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// A plan as it is stored. It holds every changed definition twice, before and after, so that the plan of a large
/// group is more than one entry of the store may be: its services then lie in parts beside it.
/// </summary>
internal static class StoredPlan
{
    /// <summary>Of a part: half of what an entry may be, so that one last service never takes it over the limit.</summary>
    private const int MaxPartBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Of a definition: what an entry of ZooKeeper could hold, which was Marathon's bound. A part holds one change,
    /// before and after, whatever their size up to this.
    /// </summary>
    public const int MaxDefinitionBytes = 1024 * 1024;

    public static void Write(CoreContext context, DeploymentPlan plan)
    {
        var parts = PartsOf(plan);
        if (parts.Count <= 1)
        {
            context.Write(StoreKeys.Deployment(plan.Id), StoredJson.Write(plan));
            return;
        }

        for (var i = 0; i < parts.Count; i++)
        {
            context.Write(StoreKeys.PlanPart(plan.Id, i), StoredJson.Write(parts[i]));
        }

        context.Write(StoreKeys.Deployment(plan.Id), StoredJson.Write(plan with { Services = [] }));
    }

    public static void Delete(CoreContext context, DeploymentPlan plan)
    {
        context.Write(StoreKeys.Deployment(plan.Id), null);
        var parts = PartsOf(plan).Count;
        for (var i = 0; parts > 1 && i < parts; i++)
        {
            context.Write(StoreKeys.PlanPart(plan.Id, i), null);
        }
    }

    /// <summary>A stored plan with what lies in its parts. A plan without services has no steps, and is never stored.</summary>
    public static DeploymentPlan Join(DeploymentPlan plan, IEnumerable<(string Key, ImmutableArray<ServiceChange> Services)> parts)
    {
        var prefix = PrefixOf(plan);
        return plan.Services.IsEmpty
            ? plan with
            {
                Services =
                [
                    .. parts
                        .Where(part => IsPartOf(part.Key, plan))
                        .OrderBy(part => int.Parse(part.Key.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture))
                        .SelectMany(part => part.Services),
                ],
            }
            : plan;
    }

    public static bool IsPartOf(string key, DeploymentPlan plan) => key.StartsWith(PrefixOf(plan), StringComparison.Ordinal);

    private static string PrefixOf(DeploymentPlan plan) => $"{StoreKeys.PlanPartsPrefix}{plan.Id}/";

    private static List<ImmutableArray<ServiceChange>> PartsOf(DeploymentPlan plan)
    {
        // A definition is at most a part's eighth: fewer than four changes fit one part whatever they hold.
        if (plan.Services.Length < 4)
        {
            return [plan.Services];
        }

        var parts = new List<ImmutableArray<ServiceChange>>();
        var part = ImmutableArray.CreateBuilder<ServiceChange>();
        var bytes = 0;
        foreach (var change in plan.Services)
        {
            var size = StoredJson.Write(change).Length;
            if (bytes + size > MaxPartBytes)
            {
                parts.Add(part.ToImmutable());
                part.Clear();
                bytes = 0;
            }

            part.Add(change);
            bytes += size;
        }

        parts.Add(part.ToImmutable());
        return parts;
    }
}
