namespace Plenum.Agent.Containers;

/// <summary>Which namespaces a container shares with its parent or the machine (mesos.md 6.3, LinuxInfo).</summary>
internal static class NamespaceSharing
{
    /// <summary>An existing namespace to join; null: one of its own; empty: the machine's.</summary>
    /// <param name="spec">What the container asks for.</param>
    /// <param name="podPid">The process that holds its pod's namespaces.</param>
    public static string? Ipc(ContainerSpec spec, int? podPid)
    {
        if (spec.Linux.SharesIpcNamespace == true && spec.Key.Parent is not null && podPid is null)
        {
            // Its parent's /dev/shm is a mount of the parent's alone and cannot be brought here.
            throw new ContainerLaunchException(
                "a container shares its parent's ipc namespace (SHARE_PARENT) within a pod only", ContainerLaunchFailure.InvalidSpec);
        }
        if (spec.HoldsPod && spec.Linux.SharedMemoryBytes is not null)
        {
            throw new ContainerLaunchException(
                "the size of a pod's /dev/shm cannot be set: the pod's memory limit bounds it", ContainerLaunchFailure.InvalidSpec);
        }
        return spec.Linux.SharesIpcNamespace switch
        {
            false => null,
            _ when podPid is int pid => $"/proc/{pid}/ns/ipc",
            true => "",
            null => null,
        };
    }

    public static string? Pid(ContainerSpec spec, int? parentPid) =>
        !spec.Linux.SharesPidNamespace ? null
        : parentPid is int pid ? $"/proc/{pid}/ns/pid"
        : "";
}
