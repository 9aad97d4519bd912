using Plenum.Agent.Book.Providers;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Volumes;

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

    /// <summary>Held while a disk is made, so that two agents with one directory cannot both take it over.</summary>
    private const string Lock = "lock";

    private const int MegabyteShift = 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode EveryoneEnters = OwnerOnly
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static string ImageOf(DiskOrder disk) => Path.Combine(disk.Pool, Directory, disk.Id + Suffix);

    /// <param name="disk">To be made, or to be finished.</param>
    /// <param name="reserve">Free space that it must leave: the machine goes on writing beside its disks.</param>
    /// <exception cref="DiskException">It cannot be made; nothing is left of it.</exception>
    public static async Task MakeAsync(DiskOrder disk, long reserve)
    {
        using var claim = Claim(disk.Pool, disk.Provider);
        try
        {
            if (!File.Exists(ImageOf(disk)))
            {
                await WriteAsync(disk, reserve);
            }

            await BringBackAsync(disk);
            var lost = Path.Combine(disk.MountPoint, "lost+found");
            if (System.IO.Directory.Exists(lost))
            {
                // Databases refuse a data directory that is not empty; fsck makes it again when it needs it.
                System.IO.Directory.Delete(lost);
            }
        }
        catch (Exception failure)
        {
            // The next try is another operation with another id: what this one leaves would be space that is gone for good.
            try
            {
                await RemoveAsync(disk);
            }
            catch (Exception second) when (second is DiskException or IOException or UnauthorizedAccessException)
            {
                throw new DiskException($"{failure.Message}. What was made of it stays until the agent's next start: {second.Message}", failure);
            }

            throw;
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
        else if (!MountTable.Has(disk.MountPoint))
        {
            System.IO.Directory.CreateDirectory(disk.MountPoint, EveryoneEnters);
            await DiskTools.MountAsync(image, disk.MountPoint, disk.Kind);
        }
    }

    /// <summary>Out of the machine's sight; its data stays.</summary>
    public static async Task PutAwayAsync(DiskOrder disk)
    {
        if (MountTable.Has(disk.MountPoint))
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

    /// <summary>
    /// Disks that nobody has formatted to their end are begun anew or never: a full machine needs their space before the
    /// agent can go on with anything else.
    /// </summary>
    public static void RemoveUnfinished(PoolContents pool)
    {
        var directory = Path.Combine(pool.Directory, Directory);
        if (System.IO.Directory.Exists(directory) && IsOwnedBy(pool.Directory, pool.Provider))
        {
            foreach (var file in System.IO.Directory.GetFiles(directory, "*" + Suffix + Unfinished))
            {
                File.Delete(file);
            }
        }
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

    private static async Task WriteAsync(DiskOrder disk, long reserve)
    {
        var image = ImageOf(disk);
        var fresh = image + Unfinished;
        File.Delete(fresh);

        // Asked for more than there is, fallocate takes all there is before it fails, and the agent's own records need some.
        var free = new DriveInfo(disk.Pool).AvailableFreeSpace;
        if (free - reserve < disk.Bytes)
        {
            throw new DiskException(
                $"The pool {disk.Pool} has {free >> MegabyteShift} MB free on this machine, of which {reserve >> MegabyteShift} MB stay free; "
                + $"the disk needs {disk.Bytes >> MegabyteShift} MB. Make the pool as small as the room there is, or make room");
        }

        await DiskTools.AllocateAsync(fresh, disk.Bytes);
        if (disk.Kind != DiskKind.Block)
        {
            await DiskTools.FormatAsync(fresh, disk.Kind);
        }

        Flush(fresh);
        File.Move(fresh, image);
        DirectorySync.Flush(Path.GetDirectoryName(image)!);
    }

    /// <summary>
    /// The pool is this provider's, and nobody else's while the answer is held: an empty one may be taken over, as when its
    /// configuration was removed and came back.
    /// </summary>
    /// <exception cref="DiskException">It is another provider's.</exception>
    private static FileStream Claim(string pool, string provider)
    {
        var disks = Path.Combine(pool, Directory);
        System.IO.Directory.CreateDirectory(disks, OwnerOnly);
        var claim = new FileStream(Path.Combine(pool, Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            if (!IsOwnedBy(pool, provider))
            {
                var file = Path.Combine(pool, Owner);
                if (File.Exists(file) && System.IO.Directory.EnumerateFileSystemEntries(disks).Any())
                {
                    throw new DiskException(
                        $"The pool {pool} belongs to the resource provider {File.ReadAllText(file)}, not to {provider}: give each agent "
                        + $"a directory of its own. If that provider is gone for ever, remove {file} and what it left");
                }

                var fresh = file + Unfinished;
                File.WriteAllText(fresh, provider);
                Flush(fresh);
                File.Move(fresh, file, overwrite: true);
                DirectorySync.Flush(pool);
            }

            return claim;
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    private static bool IsOwnedBy(string pool, string provider)
    {
        var file = Path.Combine(pool, Owner);
        return File.Exists(file) && File.ReadAllText(file).Trim() == provider;
    }

    private static void Flush(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }
}
