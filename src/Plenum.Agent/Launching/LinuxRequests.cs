using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>The wire's LinuxInfo and docker's privileged in the runtime's words.</summary>
internal static class LinuxRequests
{
    private const long BytesPerMegabyte = 1024 * 1024;

    /// <exception cref="ContainerLaunchException">Something was asked for that this agent cannot give.</exception>
    public static LinuxSettings From(ContainerInfo? container)
    {
        var linux = container?.LinuxInfo;
        // Nothing tells the two apart on the wire: capability_info is what effective_capabilities was called first.
        var effective = Names(linux?.EffectiveCapabilities ?? linux?.CapabilityInfo);
        var ipc = linux?.HasIpcMode == true ? linux.IpcMode : LinuxInfo.Types.IpcMode.Unknown;
        if (linux?.HasShmSize == true && ipc != LinuxInfo.Types.IpcMode.Private)
        {
            throw Impossible("shm_size needs the ipc mode PRIVATE: a shared /dev/shm has the size of whose it is");
        }

        if (linux?.Seccomp is { HasProfileName: true, Unconfined: true } seccomp)
        {
            throw Impossible($"The seccomp profile '{seccomp.ProfileName}' and none (unconfined) are asked for at once: choose one");
        }

        return new LinuxSettings
        {
            // Who lists them all wants what docker calls privileged; what this machine lacks, nobody gets.
            Privileged = container?.Docker?.Privileged == true
                || (effective is not null && DefaultCapabilities.OfMachine().All(effective.Contains)),
            EffectiveCapabilities = effective,
            BoundingCapabilities = Names(linux?.BoundingCapabilities),
            SeccompUnconfined = linux?.Seccomp?.Unconfined == true,
            SeccompProfile = linux?.Seccomp is { HasProfileName: true } named ? named.ProfileName : null,
            SharesPidNamespace = linux?.SharePidNamespace == true,
            SharesIpcNamespace = ipc switch
            {
                LinuxInfo.Types.IpcMode.Private => false,
                LinuxInfo.Types.IpcMode.ShareParent => true,
                _ => null,
            },
            SharedMemoryBytes = linux?.HasShmSize == true ? linux.ShmSize * BytesPerMegabyte : null,
        };
    }

    private static IReadOnlyList<string>? Names(CapabilityInfo? info) =>
        info is null ? null : [.. info.Capabilities.Select(static capability => "CAP_" + CapabilityNames.Of(capability))];

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
