using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Where a persistent volume lies: <c>volumes/roles/&lt;role&gt;/&lt;persistence id&gt;</c> below the work directory
/// or below its PATH disk, and the disk itself when that is a MOUNT (mesos.md 6.6, 6.16).
/// </summary>
/// <param name="Path">The directory that a container sees.</param>
/// <param name="Disk">The directory that must be there before the volume is; null for the agent's own disk.</param>
/// <param name="IsWholeDisk">The disk is a mount of its own, and all of it is the volume.</param>
internal sealed record VolumePlace(string Path, string? Disk, bool IsWholeDisk)
{
    /// <summary>Directory below a disk (or the work directory) that holds its volumes.</summary>
    public const string Volumes = "volumes";

    /// <summary>The volume is a device and has no place in the file system.</summary>
    public static bool IsBlock(Resource volume) => volume.Disk.Source is { Type: SourceType.Block };

    /// <summary>Null for disks that are no directory.</summary>
    public static VolumePlace? Of(string workDirectory, Resource volume) => volume.Disk.Source switch
    {
        null => new VolumePlace(Below(workDirectory, volume), null, false),
        { Type: SourceType.Path, Path: { HasRoot: true } path } =>
            new VolumePlace(Below(RootOf(workDirectory, path.Root), volume), RootOf(workDirectory, path.Root), false),
        { Type: SourceType.Mount, Mount: { HasRoot: true } mount } =>
            new VolumePlace(RootOf(workDirectory, mount.Root), RootOf(workDirectory, mount.Root), true),
        _ => null,
    };

    /// <summary>Null, or what is missing for the volume's data to be here.</summary>
    public string? Problem() => DiskProblem()
        ?? (Directory.Exists(Path) ? null : $"its directory {Path} is missing: the disk was changed or its files were removed");

    /// <summary>
    /// Null, or why the disk is not usable. Without this look a disk that is not mounted would be an empty
    /// directory, and the volume's new data would go to the wrong disk.
    /// </summary>
    public string? DiskProblem() =>
        Disk is null ? null
        : !Directory.Exists(Disk) ? $"its disk {Disk} is missing"
        : IsWholeDisk && !MountTable.Has(Disk) ? $"its disk is not mounted at {Disk}"
        : null;

    /// <summary>Where the volumes below a disk of a resource lie; null for disks that are no such directory.</summary>
    public static string? DirectoryOf(string workDirectory, Resource disk) => disk.Disk?.Source is { Type: SourceType.Path, Path: { HasRoot: true } path }
        ? System.IO.Path.Combine(RootOf(workDirectory, path.Root), Volumes)
        : null;

    private static string RootOf(string workDirectory, string root) =>
        System.IO.Path.GetFullPath(root, workDirectory).TrimEnd('/') is { Length: > 0 } path ? path : "/";

    private static string Below(string root, Resource volume)
    {
        var role = volume.Reservations.Count > 0 ? volume.Reservations[^1].Role : volume.Role;
        // "/" of a nested role as " ", as Mesos writes it; an id is a single name by the API's rules.
        return System.IO.Path.Combine(
            root, Volumes, "roles", role.Replace('/', ' '), System.IO.Path.GetFileName(volume.Disk.Persistence.Id));
    }
}
