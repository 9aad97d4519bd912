using Plenum.Agent.Containers;

namespace Plenum.Agent.Volumes;

/// <summary>A container's volumes: those that only need mounting, and those to prepare.</summary>
internal sealed record RequestedVolumes(IReadOnlyList<ContainerMount> Mounts, IReadOnlyList<VolumeRequest> Volumes);
