using System.Runtime.Versioning;
using Plenum.Storage.Sqlite;

namespace Plenum.Storage.Tests.Sqlite;

public sealed class SqliteStateStoreShould : StateStoreContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("plenum-store-").FullName;

    [Fact]
    public async Task Bring_everything_back_after_a_restart()
    {
        await PutAsync(("a", "1"), ("b", "2"));
        var last = await PutAsync(("b", "3"));
        var lease = await Store.AcquireLeaseAsync("leader", "one", CancellationToken.None);
        await Store.DisposeAsync();

        await using var again = SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory });
        var entry = (await again.GetAsync("b", CancellationToken.None)).ShouldNotBeNull();
        entry.Revision.ShouldBe(last.Revision);
        entry.Value.ToArray().ShouldBe("3"u8.ToArray());
        await using var second = await again.AcquireLeaseAsync("leader", "two", CancellationToken.None);
        second.Term.ShouldBeGreaterThan(lease.Term);
        var next = await again.CommitAsync(new StoreTransaction { Writes = [Write("c", "4")] }, CancellationToken.None);
        next.Revision.ShouldBe(last.Revision + 1);
    }

    [Fact]
    public async Task Send_watchers_from_before_a_restart_back_to_listing()
    {
        await PutAsync(("a", "1"));
        await PutAsync(("a", "2"));
        await Store.DisposeAsync();
        await using var again = SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory });
        await using var feed = again.WatchAsync(string.Empty, 1, CancellationToken.None).GetAsyncEnumerator();
        (await Should.ThrowAsync<StoreCompactedException>(() => feed.MoveNextAsync().AsTask())).OldestRevision.ShouldBe(2);
    }

    [Fact]
    public void Name_directory_and_process_to_a_second_store()
    {
        var refusal = Should.Throw<StoreUnavailableException>(() =>
            SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory }));
        refusal.Message.ShouldContain(_directory);
        refusal.Message.ShouldContain($"process {System.Environment.ProcessId}");
    }

    [Fact]
    public async Task Finish_what_was_queued_before_it_closes()
    {
        var commits = Enumerable.Range(0, 200)
            .Select(i => Store.CommitAsync(new StoreTransaction { Writes = [Write($"k{i}", "v")] }, CancellationToken.None).AsTask())
            .ToList();
        await Store.DisposeAsync();
        (await Task.WhenAll(commits)).ShouldAllBe(r => r.Committed);
    }

    [Fact]
    public async Task Say_that_the_disk_is_full_and_go_on_when_there_is_room()
    {
        await Store.DisposeAsync();
        await using var small = SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory, MaxBytes = 256 * 1024 });
        await small.CommitAsync(new StoreTransaction { Writes = [Write("kept", "1")] }, CancellationToken.None);
        var refusal = await Should.ThrowAsync<StoreUnavailableException>(() => small.CommitAsync(
            new StoreTransaction { Writes = [Write("also", "lost"), new StoreWrite("big", new byte[1024 * 1024])] },
            CancellationToken.None).AsTask());
        refusal.Message.ShouldContain("cannot grow");
        refusal.Message.ShouldContain(_directory);

        (await small.GetAsync("also", CancellationToken.None)).ShouldBeNull("the refused transaction left nothing behind");
        var next = await small.CommitAsync(new StoreTransaction { Writes = [Write("next", "2")] }, CancellationToken.None);
        next.Committed.ShouldBeTrue();
        (await small.GetAsync("kept", CancellationToken.None)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Refuse_a_damaged_file_and_leave_it_alone(int damagedFrom)
    {
        await PutAsync([.. Enumerable.Range(0, 200).Select(i => ($"k{i}", new string('v', 100)))]);
        await Store.DisposeAsync();
        var path = Path.Combine(_directory, "state.db");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes.AsSpan(damagedFrom).Fill(0x5a);
        await File.WriteAllBytesAsync(path, bytes);

        var refusal = Should.Throw<StoreUnavailableException>(() =>
            SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory }));
        refusal.Message.ShouldContain("damaged");
        refusal.Message.ShouldContain(path);
        (await File.ReadAllBytesAsync(path)).ShouldBe(bytes);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Keep_its_directory_to_its_owner()
    {
        var directory = Path.Combine(_directory, "fresh");
        await using var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = directory });
        File.GetUnixFileMode(directory).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    protected override ValueTask<IStateStore> OpenAsync() =>
        new(SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory }));

    protected override ValueTask CleanAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
