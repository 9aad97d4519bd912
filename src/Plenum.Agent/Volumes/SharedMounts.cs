using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Volumes whose mounts the machine sees too (the wire's BIDIRECTIONAL). A container's mount namespace is cut off from the
/// machine's, so such a volume is taken along while it is still tied, and the container gets it from its bundle.
/// </summary>
internal static class SharedMounts
{
    /// <summary>The place in the bundle where the container finds each of them.</summary>
    public static IReadOnlyList<(ContainerMount Mount, string Place)> Of(ContainerSpec spec, BundleLayout bundle) =>
    [
        .. spec.Mounts.Where(static mount => mount.Propagation == VolumePropagation.Both).Distinct()
            .Select((mount, index) => (mount, Path.Join(bundle.Shared, $"{index}"))),
    ];

    public static IEnumerable<MountStep> Steps(IEnumerable<(ContainerMount Mount, string Place)> shared) => shared.Select(static volume =>
        new MountStep(MountStepKind.Share, $"share the volume {volume.Mount.HostPath}", volume.Place) { Source = volume.Mount.HostPath });

    /// <exception cref="ContainerLaunchException">The container may not have it, or the machine cannot give it.</exception>
    public static void Check(ContainerSpec spec, ContainerMount volume)
    {
        var reason = !spec.Linux.Privileged
                ? "which only a privileged container may have, since it lets the container mount into the machine; use HOST_TO_CONTAINER"
            : !Directory.Exists(volume.HostPath)
                ? "and is no directory"
            : !MountTable.IsShared(volume.HostPath)
                ? "and the machine keeps its mounts there to itself: make it shared (mount --make-shared) first"
            : null;
        if (reason is not null)
        {
            throw new ContainerLaunchException(
                $"the volume {volume.HostPath} asks for BIDIRECTIONAL mount propagation, {reason}", ContainerLaunchFailure.InvalidSpec);
        }
    }
}
