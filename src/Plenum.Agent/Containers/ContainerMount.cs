using Plenum.Agent.Volumes;

namespace Plenum.Agent.Containers;

/// <summary>A host file or directory shown in the container.</summary>
/// <param name="HostPath">Absolute and existing.</param>
/// <param name="ContainerPath">Absolute, or relative to the sandbox as the container sees it.</param>
/// <param name="ReadOnly">Mounted without write access.</param>
internal sealed record ContainerMount(string HostPath, string ContainerPath, bool ReadOnly)
{
    public VolumePropagation Propagation { get; init; }

    /// <summary>A path of the machine that the task named, and not something that the agent keeps for containers.</summary>
    public bool IsOfMachine { get; init; }

    /// <summary>What the agent made for this container: it belongs to the user that the command runs as.</summary>
    public bool GivenToUser { get; init; }

    /// <summary>A persistent volume belongs to the user of the first task that uses it; while it is root's it is nobody's yet.</summary>
    public bool IsGivenToFirstUser { get; init; }
}
