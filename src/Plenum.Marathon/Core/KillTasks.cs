using System.Collections.Immutable;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Core;

/// <summary>
/// Kills tasks by instance. Without scale the goal stays "running", so that replacements start; with
/// scale the instance counts shrink too, in one deployment. Instances that are gone are skipped.
/// </summary>
internal sealed record KillTasks(ImmutableArray<InstanceId> Instances)
{
    public bool Scale { get; init; }

    public bool Force { get; init; }

    /// <summary>Decommission and forget at once, with reservation and volumes.</summary>
    public bool Wipe { get; init; }
}
