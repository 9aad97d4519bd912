using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Kernel;
using Plenum.Kernel.Effects;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.V1;
using Plenum.Storage;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Loop;

/// <summary>A change with more writes than one transaction takes.</summary>
public sealed class LargeChangeTests
{
    /// <summary>All of them are lost in one command: their time to come back is over at the same moment.</summary>
    private const int Agents = StoreLimits.MaxTransactionItems + 1;

    [Fact]
    public async Task More_lost_agents_than_a_transaction_takes_do_not_stop_the_master()
    {
        var store = new TestStore();
        var kernel = await RestoredAsync(store);
        var delivered = new ConcurrentQueue<int>();
        using var metrics = new MasterMetrics(() => default, TimeProvider.System);
        await using var loop = await StartAsync(kernel, store, metrics, _ => delivered.Enqueue(store.Commits));

        var snapshot = await loop.SnapshotAsync(CancellationToken.None);

        snapshot.UnreachableAgents.Count.ShouldBe(Agents);
        delivered.ShouldNotBeEmpty();
        delivered.ShouldAllBe(commits => commits == store.Commits, "nobody hears of a change before the last of it is stored");
        store.LargestCommit.ShouldBe(StoreLimits.MaxTransactionItems);
        (await RestoreAsync(store)).Snapshot().UnreachableAgents.Count.ShouldBe(Agents);
    }

    [Fact]
    public async Task A_master_that_ends_between_two_transactions_has_told_nobody_and_the_next_one_goes_on()
    {
        var store = new TestStore();
        var kernel = await RestoredAsync(store);
        var delivered = new ConcurrentQueue<KernelEffect>();
        store.CommitsLeft = 1;
        using var metrics = new MasterMetrics(() => default, TimeProvider.System);
        await using var loop = await StartAsync(kernel, store, metrics, delivered.Enqueue);

        // Either this is answered, which would be a change told that is not stored, or the loop ends.
        await Should.ThrowAsync<MasterStoppedException>(() => loop.SnapshotAsync(CancellationToken.None));
        await Should.ThrowAsync<StoreUnavailableException>(() => loop.Completion);

        delivered.ShouldBeEmpty();
        var next = (await RestoreAsync(store)).Snapshot();
        (next.UnreachableAgents.Count, next.RecoveredAgents.Count).ShouldBe((StoreLimits.MaxTransactionItems, 1));
    }

    [Fact]
    public void What_explains_a_standing_is_stored_before_it_and_what_it_ends_after_it()
    {
        var writes = Enumerable.Range(0, StoreLimits.MaxTransactionItems).ToDictionary(
            i => $"kernel/agents/a{i}", _ => (ReadOnlyMemory<byte>?)new byte[1]);
        writes["kernel/ends/f/t1"] = null;
        writes["kernel/frameworks/f"] = new byte[1];
        writes["kernel/lost/a0"] = new byte[1];
        writes["kernel/quotas/r"] = new byte[1];
        writes["kernel/ends/g/t1"] = new byte[1];
        writes["kernel/lost/a1"] = null;
        var lease = new TestLease("master", 1);

        var batches = RegistryBatches.Of(writes, lease).ToList();

        batches.ShouldAllBe(batch => batch.Lease == lease);
        batches.Select(batch => batch.Writes.Length).ShouldBe([2, 1, StoreLimits.MaxTransactionItems, 1, 2]);
        batches[0].Writes.Select(write => write.Key).ShouldBe(["kernel/lost/a0", "kernel/ends/g/t1"]);
        batches[1].Writes.Single().Key.ShouldBe("kernel/quotas/r");
        batches[3].Writes.Single().Key.ShouldBe("kernel/frameworks/f");
        batches[4].Writes.ShouldAllBe(write => write.Value == null);
    }

    [Fact]
    public void Large_values_are_written_in_transactions_of_some_megabytes()
    {
        const int Megabyte = 1024 * 1024;
        var writes = Enumerable.Range(0, 20).ToDictionary(
            i => $"kernel/ends/f/t{i}", _ => (ReadOnlyMemory<byte>?)new byte[Megabyte]);
        writes["kernel/frameworks/f"] = new byte[1];
        writes["kernel/maintenance"] = new byte[12 * Megabyte];

        var batches = RegistryBatches.Of(writes, new TestLease("master", 1)).ToList();

        batches.Select(batch => batch.Writes.Length).ShouldBe([8, 8, 4, 1, 1]);
        batches[3].Writes.Single().Key.ShouldBe("kernel/maintenance", "one that is larger goes alone");
    }

    /// <summary>A kernel that waits for the agents of its registry, whose time is over.</summary>
    private static async Task<ClusterKernel> RestoredAsync(TestStore store)
    {
        var lease = await store.AcquireLeaseAsync("setup", "test", CancellationToken.None);
        foreach (var chunk in Enumerable.Range(0, Agents).Select(Entry).Chunk(StoreLimits.MaxTransactionItems))
        {
            await store.CommitAsync(new StoreTransaction { Writes = [.. chunk], Lease = lease }, CancellationToken.None);
        }

        return await RestoreAsync(store, DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
    }

    private static StoreWrite Entry(int number)
    {
        var entry = new RegistryAgent
        {
            AgentInfo = new AgentInfo { Id = new AgentID { Value = $"S{number:D5}" }, Hostname = "a.example" },
            RegisteredTime = new TimeInfo { Nanoseconds = 1 },
            Confirmed = true,
        };
        return new StoreWrite($"kernel/agents/{entry.AgentInfo.Id.Value}", entry.ToByteArray());
    }

    private static async Task<ClusterKernel> RestoreAsync(TestStore store, DateTimeOffset? now = null)
    {
        var registry = new List<KeyValuePair<string, byte[]>>();
        await foreach (var entry in store.ListAsync("kernel/", CancellationToken.None))
        {
            registry.Add(new(entry.Key, entry.Value.ToArray()));
        }

        var kernel = new ClusterKernel(new KernelOptions { MasterInfo = new MasterInfo { Id = "m", Ip = 0, Port = 5050 } });
        kernel.Restore(registry, now ?? DateTimeOffset.UtcNow);
        return kernel;
    }

    private static async Task<KernelLoop> StartAsync(
        ClusterKernel kernel, TestStore store, MasterMetrics metrics, Action<KernelEffect> deliver)
    {
        var lease = await store.AcquireLeaseAsync("master", "test", CancellationToken.None);
        var loop = new KernelLoop(kernel, store, lease, deliver, metrics, TimeProvider.System, NullLogger.Instance);
        loop.Start();

        // A look at the state wakes it, and finds the deadlines.
        await loop.ReadAsync(static _ => { }, CancellationToken.None);
        return loop;
    }
}
