using Plenum.Agent.Book;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Limits;

/// <summary>A directory that a container may fill up to a limit.</summary>
/// <param name="Container">Who answers for it.</param>
/// <param name="Path">The sandbox, or a persistent volume.</param>
/// <param name="Quota">The resources whose sum is the limit.</param>
/// <param name="Left">Directories in it that do not count: sandboxes of a pod's tasks that have ended.</param>
internal sealed record DiskTarget(ContainerId Container, string Path, IReadOnlyList<Resource> Quota, IReadOnlyList<string> Left)
{
    private const double BytesPerMegabyte = 1024 * 1024;

    public long LimitBytes { get; } = BytesOf(Quota);

    public static long BytesOf(IEnumerable<Resource> disks) => (long)(disks.Sum(static resource => resource.Scalar.Value) * BytesPerMegabyte);

    /// <summary>Null: it is the sandbox.</summary>
    public Resource.Types.DiskInfo? Volume => Quota[0].Disk is { Persistence: not null } disk ? disk : null;
}
