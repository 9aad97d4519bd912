using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

internal static class AppRules
{
    /// <summary>Started from the current configuration; scaling makes versions that instances need not follow.</summary>
    public static bool IsCurrent(this Instance instance, RunSpec app) =>
        app.VersionInfo is not { } info || info.Includes(instance.Version);
}
