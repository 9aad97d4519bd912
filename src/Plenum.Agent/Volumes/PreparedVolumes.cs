using Plenum.Agent.Containers;
using Plenum.Agent.Images;

namespace Plenum.Agent.Volumes;

/// <summary>The volumes of one container, ready to be mounted.</summary>
/// <param name="Mounts">Files and directories of the machine.</param>
/// <param name="Memory">Directories that begin empty in memory.</param>
/// <param name="Images">Images whose files must be laid over each other before the runtime starts, and where.</param>
internal sealed record PreparedVolumes(
    IReadOnlyList<ContainerMount> Mounts,
    IReadOnlyList<VolumeRequest.Memory> Memory,
    IReadOnlyList<(ProvisionedImage Image, ImageRoom Room)> Images)
{
    public static readonly PreparedVolumes None = new([], [], []);
}
