using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Disks;
using Plenum.Agent.Loop;
using Plenum.Agent.Tests.Book;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;

namespace Plenum.Agent.Tests.Disks;

/// <summary>What goes wrong with one disk or pool is nobody else's trouble.</summary>
public sealed class DiskPoolsTests : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("plenum-pools-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public async Task A_pool_that_cannot_be_read_costs_no_other_and_not_the_agents_start()
    {
        var broken = Pool("broken");
        File.Delete(Path.Combine(broken, "provider"));
        // Opens, and fails at its first byte.
        File.CreateSymbolicLink(Path.Combine(broken, "provider"), "/proc/self/mem");
        var sound = Pool("sound");
        var stray = Path.Combine(sound, "disks", "00ff.img");
        var unfinished = Path.Combine(sound, "disks", "00aa.img.new");
        await File.WriteAllTextAsync(stray, "");
        await File.WriteAllTextAsync(unfinished, "");

        await using var pools = new DiskPools(minimumFreeBytes: 0, NullLogger.Instance);
        await pools.RestoreAsync([Contents(broken), Contents(sound, underWay: "00aa")]);
        File.Exists(stray).ShouldBeFalse();
        File.Exists(unfinished).ShouldBeFalse("the operation makes it anew, and until then its space is needed");
    }

    [RootFact]
    public async Task A_change_that_fails_as_nobody_expected_does_not_stop_the_next_one()
    {
        var pool = Pool("pool");
        var image = Path.Combine(pool, "disks", "00ff.img");
        await File.WriteAllTextAsync(image, "");
        using var store = CheckpointStore.Open(_work.FullName, NullLogger.Instance);
        await using var loop = new AgentLoop(new BookWorld().Book, store, 16, TimeProvider.System, NullLogger.Instance);
        await using (var pools = new DiskPools(minimumFreeBytes: 0, NullLogger.Instance))
        {
            pools.Use(loop);
            // No path can hold this character: neither an I/O error nor a disk's.
            pools.Make(Orders.Uuid(1), new DiskOrder("one", "p", "/\0", 0, DiskKind.Block));
            pools.Remove(Orders.Uuid(2), DiskOrder.Unknown("00ff", "p", pool));
        }

        File.Exists(image).ShouldBeFalse();
    }

    private string Pool(string name)
    {
        var pool = _work.CreateSubdirectory(name);
        pool.CreateSubdirectory("disks");
        File.WriteAllText(Path.Combine(pool.FullName, "provider"), "p");
        return pool.FullName;
    }

    private static PoolContents Contents(string pool, params string[] underWay) => new("p", pool, [], underWay);
}
