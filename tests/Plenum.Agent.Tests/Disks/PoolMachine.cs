using Plenum.Agent.Book.Providers;
using Plenum.Agent.Disks;
using Plenum.Agent.Tests.Volumes;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Tests.Disks;

/// <summary>A file system of its own, as small as a test wants it, with a pool in it. Whatever is mounted there goes with it.</summary>
internal sealed class PoolMachine : IAsyncDisposable
{
    private readonly string _root;

    private PoolMachine(string root) => _root = root;

    public string Pool => Path.Combine(_root, "disk", "pool");

    public string Disks => Path.Combine(Pool, "disks");

    /// <summary>ext4, which keeps what an allocation took before it failed; a file system in memory gives it back.</summary>
    public static async Task<PoolMachine> StartAsync(int megabytes = 64)
    {
        var machine = new PoolMachine(Directory.CreateTempSubdirectory("plenum-pool-").FullName);
        var image = Path.Combine(machine._root, "image");
        await Tool.RunAsync("fallocate", "-l", $"{(long)megabytes << 20}", image);
        await Tool.RunAsync("mkfs.ext4", "-q", "-F", image);
        Directory.CreateDirectory(Path.Combine(machine._root, "disk"));
        await Tool.RunAsync("mount", "-o", "loop", image, Path.Combine(machine._root, "disk"));
        Directory.CreateDirectory(machine.Pool);
        return machine;
    }

    public DiskOrder Order(string id, int megabytes = 8, DiskKind kind = DiskKind.Ext4, string provider = "p") =>
        new(id, provider, Pool, (long)megabytes << 20, kind);

    /// <summary>The same pool by way of a link.</summary>
    public string Link()
    {
        var link = Path.Combine(_root, "link");
        Directory.CreateSymbolicLink(link, Pool);
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var mount in Directory.Exists(Path.Combine(Pool, "mounts")) ? Directory.GetDirectories(Path.Combine(Pool, "mounts")) : [])
        {
            while (MountTable.Has(mount))
            {
                await DiskTools.UnmountAsync(mount);
            }
        }

        foreach (var image in Directory.Exists(Disks) ? Directory.GetFiles(Disks) : [])
        {
            while (DiskTools.DeviceOf(image) is { } device)
            {
                await DiskTools.DetachAsync(device);
            }
        }

        // Lazily: another test that starts a process at this moment holds for an instant what this one had open.
        await Tool.RunAsync("umount", "--lazy", Path.Combine(_root, "disk"));
        Directory.Delete(_root, recursive: true);
    }
}
