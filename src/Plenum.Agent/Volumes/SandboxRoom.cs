using Plenum.Agent.Containers;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Where a path of a sandbox lies on the machine. A persistent volume is mounted in the container only, so that a
/// volume below its mount point begins in the volume's own directory; Marathon's users combine the two to move a
/// persistent volume to an absolute path.
/// </summary>
/// <param name="Root">The sandbox on the machine.</param>
/// <param name="Mounted">What is mounted in it.</param>
internal sealed record SandboxRoom(string Root, IReadOnlyList<ContainerMount> Mounted)
{
    /// <summary>The path on the machine and whether it was made, as a directory, by this call.</summary>
    /// <exception cref="ContainerLaunchException">It leads out of the sandbox.</exception>
    public (string Path, bool Made) Find(string relative)
    {
        var root = Root;
        var wanted = Path.GetFullPath(Path.Combine(Root, relative.TrimStart('/')));
        if (Mounted.Where(mount => RealPath.IsWithin(wanted, PlaceOf(mount))).MaxBy(mount => PlaceOf(mount).Length) is { } holder)
        {
            root = holder.HostPath;
            wanted = Path.GetFullPath(Path.Combine(root, Path.GetRelativePath(PlaceOf(holder), wanted)));
        }

        // A task may have left a link there: mounted, or followed while directories are made, it would lead to another
        // part of the machine.
        var existing = wanted;
        while (!Path.Exists(existing) && existing.Length > root.Length)
        {
            existing = Path.GetDirectoryName(existing)!;
        }

        if (!RealPath.IsWithin(wanted, root) || !RealPath.IsWithin(RealPath.Of(existing), RealPath.Of(root)))
        {
            throw new ContainerLaunchException(
                $"The volume path '{relative}' leads out of the sandbox", ContainerLaunchFailure.InvalidSpec);
        }

        if (existing != wanted)
        {
            Directory.CreateDirectory(wanted);
        }

        return (wanted, existing != wanted);
    }

    private string PlaceOf(ContainerMount mount) => Path.GetFullPath(mount.ContainerPath, Root);
}
