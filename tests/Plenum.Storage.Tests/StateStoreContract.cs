using System.Text;

namespace Plenum.Storage.Tests;

/// <summary>What every store promises. Each implementation runs all of it.</summary>
public abstract class StateStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private IStateStore? _store;

    protected IStateStore Store => _store ?? throw new InvalidOperationException("Not started");

    public async Task InitializeAsync() => _store = await OpenAsync();

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        await CleanAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Random_operations_agree_with_a_dictionary(int seed) =>
        await new StoreModelRun(Store, seed).RunAsync(operations: 400);

    [Fact]
    public async Task A_key_that_was_never_written_is_absent() =>
        (await Store.GetAsync("nothing", None)).ShouldBeNull();

    [Fact]
    public async Task A_transaction_is_applied_whole_or_not_at_all()
    {
        var first = await PutAsync(("a", "1"));
        var refused = await Store.CommitAsync(
            new StoreTransaction
            {
                Conditions = [new StoreCondition("a", first.Revision), new StoreCondition("b", 7)],
                Writes = [Write("a", "2"), Write("b", "2")],
            },
            None);
        refused.ShouldBe(new CommitResult(false, first.Revision));
        await ShouldHoldAsync("a", "1", first.Revision);
        (await Store.GetAsync("b", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Revision_zero_demands_that_a_key_is_absent()
    {
        var create = new StoreTransaction { Conditions = [new StoreCondition("a", 0)], Writes = [Write("a", "1")] };
        (await Store.CommitAsync(create, None)).Committed.ShouldBeTrue();
        (await Store.CommitAsync(create, None)).Committed.ShouldBeFalse();
    }

    [Fact]
    public async Task Of_many_writers_that_saw_the_same_revision_one_wins()
    {
        var start = await PutAsync(("counter", "0"));
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Store.CommitAsync(
            new StoreTransaction
            {
                Conditions = [new StoreCondition("counter", start.Revision)],
                Writes = [Write("counter", $"{i}")],
            },
            None).AsTask()));
        results.Count(r => r.Committed).ShouldBe(1);
    }

    [Fact]
    public async Task Listing_a_prefix_sorts_by_code_point_and_leaves_neighbours_out()
    {
        string[] keys = ["m/\u00e9", "m/\U0001F600", "m/\uFFFD", "m/a", "m", "ma", "n/x", "m/", "l/z"];
        foreach (var key in keys)
        {
            await PutAsync((key, "x"));
        }

        var listed = await KeysAsync("m/");
        listed.ShouldBe(["m/", "m/a", "m/\u00e9", "m/\uFFFD", "m/\U0001F600"]);
        (await KeysAsync(string.Empty)).Count.ShouldBe(keys.Length);
    }

    [Fact]
    public async Task An_empty_value_is_a_value()
    {
        await PutAsync(("a", string.Empty));
        var entry = (await Store.GetAsync("a", None)).ShouldNotBeNull();
        entry.Value.Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_caller_may_reuse_its_buffer_after_the_commit()
    {
        var buffer = "kept"u8.ToArray();
        await Store.CommitAsync(new StoreTransaction { Writes = [new StoreWrite("a", buffer)] }, None);
        buffer.AsSpan().Clear();
        await ShouldHoldAsync("a", "kept", 1);
        (await NextChangesAsync(string.Empty, 0, 1))[0].ShouldBe("a=kept@1");
    }

    [Fact]
    public async Task A_watcher_sees_every_change_of_its_prefix_in_order_and_nothing_else()
    {
        await PutAsync(("before", "x"));
        var start = await PutAsync(("w/a", "1"));
        await PutAsync(("w/a", "2"), ("other", "x"), ("w/b", "2"));
        var watched = NextChangesAsync("w/", start.Revision, 4);
        await Store.CommitAsync(new StoreTransaction { Writes = [new StoreWrite("w/a", null), new StoreWrite("w/none", null)] }, None);
        await PutAsync(("w/c", "4"));
        (await watched).ShouldBe(["w/a=2@3", "w/b=2@3", "w/a deleted@4", "w/c=4@5"]);
    }

    [Fact]
    public async Task A_watcher_that_asks_for_dropped_history_is_told_where_to_start_again()
    {
        for (var i = 0; i < 5; i++)
        {
            // Five writes of 16 MiB do not fit the history's 64 MiB.
            await Store.CommitAsync(
                new StoreTransaction { Writes = [new StoreWrite("big", new byte[StoreLimits.MaxValueBytes])] }, None);
        }

        var compacted = await Should.ThrowAsync<StoreCompactedException>(() => NextChangesAsync(string.Empty, 0, 1));
        compacted.OldestRevision.ShouldBeInRange(1, 4);
        var rest = await NextChangesAsync(string.Empty, compacted.OldestRevision, 5 - (int)compacted.OldestRevision);
        rest.Count.ShouldBe(5 - (int)compacted.OldestRevision);
    }

    [Fact]
    public async Task A_cancelled_watcher_ends()
    {
        using var stop = new CancellationTokenSource();
        var watching = NextChangesAsync(string.Empty, 0, 1, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task A_lease_is_held_by_one_at_a_time_and_its_term_grows()
    {
        var first = await Store.AcquireLeaseAsync("leader", "one", None);
        var waiting = Store.AcquireLeaseAsync("leader", "two", None).AsTask();
        (await Store.CommitAsync(new StoreTransaction { Lease = first, Writes = [Write("a", "1")] }, None)).Committed.ShouldBeTrue();
        (await first.ConfirmAsync(None)).ShouldBeTrue();
        waiting.IsCompleted.ShouldBeFalse();

        await first.DisposeAsync();
        first.Lost.IsCancellationRequested.ShouldBeTrue();
        await using var second = await waiting;
        (await first.ConfirmAsync(None)).ShouldBeFalse();
        (await second.ConfirmAsync(None)).ShouldBeTrue();
        second.Term.ShouldBeGreaterThan(first.Term);
        second.Name.ShouldBe("leader");
    }

    [Fact]
    public async Task A_deposed_leader_writes_nothing()
    {
        var lease = await Store.AcquireLeaseAsync("leader", "one", None);
        await lease.DisposeAsync();
        var late = await Store.CommitAsync(new StoreTransaction { Lease = lease, Writes = [Write("a", "late")] }, None);
        late.Committed.ShouldBeFalse();
        (await Store.GetAsync("a", None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_lease_of_another_store_opens_no_door_here()
    {
        await using var stranger = new MemoryStateStore();
        await using var lease = await stranger.AcquireLeaseAsync("leader", "one", None);
        (await Store.CommitAsync(new StoreTransaction { Lease = lease, Writes = [Write("a", "1")] }, None)).Committed.ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_for_a_lease_can_be_given_up()
    {
        await using var held = await Store.AcquireLeaseAsync("leader", "one", None);
        using var stop = new CancellationTokenSource();
        var waiting = Store.AcquireLeaseAsync("leader", "two", stop.Token).AsTask();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task What_breaks_the_limits_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(() => PutAsync(("a", "1"), ("a", "2")));
        await Should.ThrowAsync<ArgumentException>(() => PutAsync(("a\n", "1")));
        await Should.ThrowAsync<ArgumentException>(() => PutAsync((string.Empty, "1")));
        await Should.ThrowAsync<ArgumentException>(() => PutAsync((new string('k', StoreLimits.MaxKeyLength + 1), "1")));
        await Should.ThrowAsync<ArgumentException>(() => Store.CommitAsync(
            new StoreTransaction { Writes = [new StoreWrite("a", new byte[StoreLimits.MaxValueBytes + 1])] }, None).AsTask());
        (await KeysAsync(string.Empty)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_closed_store_refuses_work_and_ends_its_watchers()
    {
        var lease = await Store.AcquireLeaseAsync("leader", "one", None);
        var watching = NextChangesAsync(string.Empty, 0, 1);
        await Store.DisposeAsync();
        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        await Should.ThrowAsync<ObjectDisposedException>(() => watching);
        await Should.ThrowAsync<ObjectDisposedException>(() => PutAsync(("a", "1")));
        await Should.ThrowAsync<ObjectDisposedException>(() => Store.GetAsync("a", None).AsTask());
    }

    protected abstract ValueTask<IStateStore> OpenAsync();

    protected virtual ValueTask CleanAsync() => ValueTask.CompletedTask;

    protected static StoreWrite Write(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    protected async Task<CommitResult> PutAsync(params (string Key, string Value)[] writes)
    {
        var result = await Store.CommitAsync(
            new StoreTransaction { Writes = [.. writes.Select(w => Write(w.Key, w.Value))] }, None);
        result.Committed.ShouldBeTrue();
        return result;
    }

    private async Task ShouldHoldAsync(string key, string value, long revision)
    {
        var entry = (await Store.GetAsync(key, None)).ShouldNotBeNull();
        (entry.Key, Encoding.UTF8.GetString(entry.Value.Span), entry.Revision).ShouldBe((key, value, revision));
    }

    private async Task<List<string>> KeysAsync(string prefix)
    {
        var keys = new List<string>();
        await foreach (var entry in Store.ListAsync(prefix, None))
        {
            keys.Add(entry.Key);
        }

        return keys;
    }

    private async Task<List<string>> NextChangesAsync(
        string prefix, long afterRevision, int count, CancellationToken cancellationToken = default)
    {
        var changes = new List<string>();
        await foreach (var change in Store.WatchAsync(prefix, afterRevision, cancellationToken))
        {
            changes.Add(change.Value is { } value
                ? $"{change.Key}={Encoding.UTF8.GetString(value.Span)}@{change.Revision}"
                : $"{change.Key} deleted@{change.Revision}");
            if (changes.Count == count)
            {
                break;
            }
        }

        return changes;
    }
}
