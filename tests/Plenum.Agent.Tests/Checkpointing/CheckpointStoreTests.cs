using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Tests.Checkpointing;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("plenum-store-").FullName;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public void What_was_committed_is_there_for_the_next_agent_and_what_was_deleted_is_not()
    {
        var lengthy = "tasks/fw/" + new string('x', 255);
        using (var store = Open())
        {
            store.Commit(new Dictionary<string, byte[]?> { ["agent"] = [1], ["tasks/fw/a"] = [2], [lengthy] = [3] });
            store.Commit(new Dictionary<string, byte[]?> { ["agent"] = [4], ["tasks/fw/a"] = null });
        }

        using var next = Open();
        var found = next.Load();
        found.CorruptKeys.ShouldBeEmpty();
        found.Records.ToDictionary(static pair => pair.Key, static pair => pair.Value[0]).ShouldBe(
            new Dictionary<string, byte> { ["agent"] = 4, [lengthy] = 3 }, ignoreOrder: true);
    }

    [Fact]
    public void A_write_that_was_cut_off_before_its_rename_leaves_the_old_record()
    {
        using var store = Open();
        store.Commit(new Dictionary<string, byte[]?> { ["agent"] = [1] });
        File.WriteAllBytes(Path.Combine(_work, "meta/records/agent.rec.new"), [0]);
        store.Load().Records.ShouldHaveSingleItem().Value.ShouldBe([1]);
        File.Exists(Path.Combine(_work, "meta/records/agent.rec.new")).ShouldBeFalse();
    }

    [Fact]
    public void A_record_under_another_records_name_is_corrupt_too()
    {
        using var store = Open();
        store.Commit(new Dictionary<string, byte[]?> { ["tasks/fw/a"] = [1], ["tasks/fw/b"] = [2] });
        File.Copy(Path.Combine(_work, "meta/records/tasks/fw/a.rec"), Path.Combine(_work, "meta/records/tasks/fw/b.rec"), overwrite: true);
        var found = store.Load();
        found.CorruptKeys.ShouldBe(["tasks/fw/b"]);
        found.Records.ShouldHaveSingleItem().Key.ShouldBe("tasks/fw/a");
        Directory.GetFiles(store.QuarantineDirectory).ShouldHaveSingleItem();
    }

    [Fact]
    public void The_directory_belongs_to_one_agent_at_a_time()
    {
        using (Open())
        {
            Should.Throw<AgentStartException>(Open).Message.ShouldContain("Another agent");
        }

        Open().Dispose();
    }

    [Fact]
    public void Any_damage_to_a_record_is_found()
    {
        var record = CheckpointFile.Encode("tasks/fw/t", [.. Enumerable.Range(0, 64).Select(static n => (byte)n)]);
        Prop.ForAll(Gen.Choose(0, record.Length - 1).ToArbitrary(), Gen.Choose(1, 255).ToArbitrary(), (at, flip) =>
        {
            var torn = record[..at];
            var changed = record.ToArray();
            changed[at] ^= (byte)flip;
            return !CheckpointFile.TryDecode(torn, out _, out _) && !CheckpointFile.TryDecode(changed, out _, out _);
        }).QuickCheckThrowOnFailure();
    }

    private CheckpointStore Open() => CheckpointStore.Open(_work, NullLogger.Instance);
}
