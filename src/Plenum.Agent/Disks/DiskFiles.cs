using Plenum.Agent.Book.Providers;
using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Disks;

/// <summary>
/// One disk of a pool as a file: <c>disks/ID.img</c>, allocated whole, with a file system mounted at <c>mounts/ID</c>
/// or a loop device. Every step looks first whether it is done already, so each may be repeated after a crash.
/// </summary>
internal static class DiskFiles
{
    private const string Directory = "disks";
    private const string Suffix = ".img";

    /// <summary>Not whole yet: the name is the last thing that a disk gets.</summary>
    private const string Unfinished = ".new";

    /// <summary>
    /// Holds the id of the provider whose pool this is. Another agent that is pointed to the same directory, or one that lost
    /// its memory, must neither use nor clean what it does not know.
    /// </summary>
    private const string Owner = "provider";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode EveryoneEnters = OwnerOnly
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static string ImageOf(DiskOrder disk) => Path.Combine(disk.Pool, Directory, disk.Id + Suffix);

    /// <exception cref="DiskException">The directory is another provider's.</exception>
    public static void Claim(string pool, string provider)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(pool, Directory), OwnerOnly);
        var file = Path.Combine(pool, Owner);
        if (!File.Exists(file))
        {
            var fresh = file + Unfinished;
            File.WriteAllText(fresh, provider);
            Flush(fresh);
            File.Move(fresh, file);
            DirectorySync.Flush(pool);
        }

        if (!IsOwnedBy(pool, provider))
        {
            throw new DiskException(
                $"The pool {pool} belongs to the resource provider {File.ReadAllText(file)}, not to {provider}: give each agent "
                + $"a directory of its own. If that provider is gone for ever, remove {file} and what it left");
        }
    }

    public static bool IsOwnedBy(string pool, string provider)
    {
        var file = Path.Combine(pool, Owner);
        return File.Exists(file) && File.ReadAllText(file).Trim() == provider;
    }

    /// <exception cref="DiskException">It cannot be made.</exception>
    public static async Task MakeAsync(DiskOrder disk)
    {
        Claim(disk.Pool, disk.Provider);
        var image = ImageOf(disk);
        var isNew = !File.Exists(image);
        if (isNew)
        {
            var fresh = image + Unfinished;
            File.Delete(fresh);
            await DiskTools.AllocateAsync(fresh, disk.Bytes);
            if (disk.Kind != DiskKind.Block)
            {
                await DiskTools.FormatAsync(fresh, disk.Kind);
            }

            Flush(fresh);
            File.Move(fresh, image);
            DirectorySync.Flush(Path.GetDirectoryName(image)!);
        }

        await BringBackAsync(disk);
        var lost = Path.Combine(disk.MountPoint, "lost+found");
        if (isNew && System.IO.Directory.Exists(lost))
        {
            // Databases refuse a data directory that is not empty; fsck makes it again when it needs it.
            System.IO.Directory.Delete(lost);
        }
    }

    /// <summary>Mounted or attached as it was made, after a reboot for one.</summary>
    /// <exception cref="DiskException">It is not there.</exception>
    public static async Task BringBackAsync(DiskOrder disk)
    {
        var image = ImageOf(disk);
        if (!File.Exists(image))
        {
            throw new DiskException($"Its file {image} is missing");
        }

        if (disk.Kind == DiskKind.Block)
        {
            if (DiskTools.DeviceOf(image) is null)
            {
                await DiskTools.AttachAsync(image);
            }
        }
        else if (!DiskTools.IsMounted(disk.MountPoint))
        {
            System.IO.Directory.CreateDirectory(disk.MountPoint, EveryoneEnters);
            await DiskTools.MountAsync(image, disk.MountPoint, disk.Kind);
        }
    }

    /// <summary>Out of the machine's sight; its data stays.</summary>
    public static async Task PutAwayAsync(DiskOrder disk)
    {
        if (DiskTools.IsMounted(disk.MountPoint))
        {
            await DiskTools.UnmountAsync(disk.MountPoint);
        }

        if (DiskTools.DeviceOf(ImageOf(disk)) is { } device)
        {
            await DiskTools.DetachAsync(device);
        }
    }

    /// <exception cref="DiskException">It is in use.</exception>
    public static async Task RemoveAsync(DiskOrder disk)
    {
        if (!IsOwnedBy(disk.Pool, disk.Provider))
        {
            throw new DiskException($"The pool {disk.Pool} is not there, or belongs to another resource provider");
        }

        await PutAwayAsync(disk);
        if (System.IO.Directory.Exists(disk.MountPoint))
        {
            System.IO.Directory.Delete(disk.MountPoint);
        }

        File.Delete(ImageOf(disk));
        File.Delete(ImageOf(disk) + Unfinished);
        DirectorySync.Flush(Path.GetDirectoryName(ImageOf(disk))!);
    }

    /// <summary>Ids of everything in the pool that nobody knows.</summary>
    public static IEnumerable<string> Strays(PoolContents pool)
    {
        var directory = Path.Combine(pool.Directory, Directory);
        var known = pool.Disks.Select(static disk => disk.Id).Concat(pool.UnderWay).ToHashSet(StringComparer.Ordinal);
        return !System.IO.Directory.Exists(directory) || !IsOwnedBy(pool.Directory, pool.Provider)
            ? []
            : System.IO.Directory.EnumerateFiles(directory)
                .Select(static file => Path.GetFileName(file).Split('.')[0])
                .Where(id => !known.Contains(id))
                .Distinct(StringComparer.Ordinal)
                .ToList();
    }

    private static void Flush(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }
}
