using Plenum.Protocol.V1;

namespace Plenum.Agent.Volumes;

/// <summary>A volume that something must be done for before it can be mounted.</summary>
/// <param name="ContainerPath">Absolute, or relative to the sandbox as the container sees it.</param>
/// <param name="ReadOnly">Mounted without write access.</param>
internal abstract record VolumeRequest(string ContainerPath, bool ReadOnly)
{
    /// <summary>A directory in memory of the container's own; it counts against the memory limit.</summary>
    /// <param name="Options">Options of tmpfs, such as size=64m and mode=1777.</param>
    internal sealed record Memory(string ContainerPath, bool ReadOnly, IReadOnlyList<string> Options)
        : VolumeRequest(ContainerPath, ReadOnly);

    /// <summary>A secret as a file that only the task's user reads; it never touches a disk.</summary>
    internal sealed record Secret(string ContainerPath, ReadOnlyMemory<byte> Value) : VolumeRequest(ContainerPath, ReadOnly: true);

    /// <summary>The files of an image; what is written there is the container's own and goes with it.</summary>
    internal sealed record OfImage(string ContainerPath, bool ReadOnly, Image Image) : VolumeRequest(ContainerPath, ReadOnly);

    /// <summary>A volume that a storage driver brings to this machine.</summary>
    internal sealed record OfDriver(
        string ContainerPath, bool ReadOnly, string Driver, string Name, IReadOnlyList<KeyValuePair<string, string>> Options)
        : VolumeRequest(ContainerPath, ReadOnly);
}
