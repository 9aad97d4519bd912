using System.Collections.Immutable;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Core;

internal abstract record KillTasksResult
{
    private KillTasksResult()
    {
    }

    /// <summary>The instances as they were when the kill was decided.</summary>
    internal sealed record Killing(ImmutableArray<Instance> Instances) : KillTasksResult;

    /// <summary>With scale: the outcome of the deployment.</summary>
    internal sealed record Scaled(RootUpdateResult Result) : KillTasksResult;
}
