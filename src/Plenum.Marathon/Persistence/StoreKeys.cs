using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// Names of the stored entries. A service's path stands in its safe form, which holds no slash, so that a
/// key's parts can be told apart again.
/// </summary>
internal static class StoreKeys
{
    public const string Prefix = "marathon/";
    public const string Framework = Prefix + "framework";
    public const string AppsPrefix = Prefix + "apps/";
    public const string PodsPrefix = Prefix + "pods/";
    public const string RootsPrefix = Prefix + "roots/";
    public const string InstancesPrefix = Prefix + "instances/";
    public const string DeploymentsPrefix = Prefix + "deployments/";
    public const string PlanPartsPrefix = Prefix + "plan-parts/";
    public const string DeploymentStatesPrefix = Prefix + "deployment-states/";
    public const string LeftoversPrefix = Prefix + "leftovers/";
    public const string FailuresPrefix = Prefix + "failures/";
    public const string BackoffsPrefix = Prefix + "backoffs/";

    public static string Spec(RunSpec spec) =>
        $"{(spec is PodDefinition ? PodsPrefix : AppsPrefix)}{spec.Id.SafePath}/{spec.Version}";

    public static string Root(Timestamp version) => $"{RootsPrefix}{version}";

    public static string Instance(InstanceId id) => InstancesPrefix + id.Value;

    public static string Deployment(string id) => DeploymentsPrefix + id;

    public static string DeploymentState(string id) => DeploymentStatesPrefix + id;

    public static string PlanPart(string id, int index) => $"{PlanPartsPrefix}{id}/{index}";

    public static string Leftover(InstanceId id) => LeftoversPrefix + id.Value;

    public static string Failure(PathId app) => FailuresPrefix + app.SafePath;

    public static string Backoff(PathId app) => BackoffsPrefix + app.SafePath;
}
