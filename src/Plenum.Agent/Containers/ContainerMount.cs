using Plenum.Agent.Volumes;

namespace Plenum.Agent.Containers;

/// <summary>A host file or directory shown in the container.</summary>
/// <param name="HostPath">Absolute and existing.</param>
/// <param name="ContainerPath">Absolute, or relative to the sandbox as the container sees it.</param>
/// <param name="ReadOnly">Mounted without write access.</param>
internal sealed record ContainerMount(string HostPath, string ContainerPath, bool ReadOnly)
{
    public VolumePropagation Propagation { get; init; }

    /// <summary>What the agent made for this container: it belongs to the user that the command runs as.</summary>
    public bool GivenToUser { get; init; }
}
