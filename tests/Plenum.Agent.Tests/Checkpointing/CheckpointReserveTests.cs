using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>What is recorded on a disk that has no room.</summary>
public sealed class CheckpointReserveTests : IDisposable
{
    /// <summary>Each writes and flushes some dozens of files.</summary>
    private const int Worlds = 30;

    private readonly string _work = Directory.CreateTempSubdirectory("plenum-store-").FullName;
    private readonly FullDisk _disk = new();

    private string Reserve => Path.Combine(_work, "meta/reserve");

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public void What_a_full_disk_refuses_is_there_for_the_next_agent_and_gets_its_files_when_there_is_room()
    {
        var lengthy = "tasks/fw/" + new string('x', 255);
        using (var store = Open())
        {
            Commit(store, ("agent", 1), ("tasks/fw/a", 1), ("tasks/fw/b", 1));
            _disk.IsFull = true;
            Commit(store, ("tasks/fw/a", 2), ("tasks/fw/b", null));
            Commit(store, (lengthy, 3), ("tasks/fw/a", 4));
            store.DiskFull.ShouldBeTrue("nothing new should start");
        }

        using var next = Open();
        Content(next).ShouldBe(new Dictionary<string, byte> { ["agent"] = 1, ["tasks/fw/a"] = 4, [lengthy] = 3 }, ignoreOrder: true);
        next.DiskFull.ShouldBeTrue();

        _disk.IsFull = false;
        Commit(next, ("agent", 5));
        next.DiskFull.ShouldBeFalse();
        File.WriteAllBytes(Reserve, []);
        Content(next).ShouldBe(new Dictionary<string, byte> { ["agent"] = 5, ["tasks/fw/a"] = 4, [lengthy] = 3 }, ignoreOrder: true);
    }

    [Fact]
    public void An_agent_that_dies_before_the_reserve_is_emptied_loses_nothing()
    {
        using (var store = Open())
        {
            _disk.IsFull = true;
            Commit(store, ("tasks/fw/a", 1), ("tasks/fw/b", 1));
            _disk.IsFull = false;
            _disk.AtBeginning = new CrashException();
            Should.Throw<CrashException>(() => Commit(store, ("tasks/fw/b", null)));
        }

        using var next = Open();
        var found = Content(next);
        found["tasks/fw/a"].ShouldBe<byte>(1);
        // That it goes was not confirmed, so that either is right.
        found.Count.ShouldBeOneOf(1, 2);
        Commit(next, ("tasks/fw/b", null));
        Content(next).ShouldBe(new Dictionary<string, byte> { ["tasks/fw/a"] = 1 });
    }

    [Fact]
    public void An_entry_that_was_cut_off_ends_what_is_read()
    {
        long end;
        using (var store = Open())
        {
            _disk.IsFull = true;
            Commit(store, ("tasks/fw/a", 1));
            Commit(store, ("tasks/fw/b", 2));
            using var file = File.Open(Reserve, FileMode.Open);
            var bytes = new byte[256];
            file.ReadExactly(bytes);
            end = Array.FindLastIndex(bytes, static value => value != 0);
            file.Position = end;
            file.WriteByte((byte)(bytes[end] + 1));
        }

        using var next = Open();
        Content(next).ShouldBe(new Dictionary<string, byte> { ["tasks/fw/a"] = 1 });
        Commit(next, ("tasks/fw/c", 3));
        Content(next).ShouldBe(new Dictionary<string, byte> { ["tasks/fw/a"] = 1, ["tasks/fw/c"] = 3 }, ignoreOrder: true);
    }

    [Fact]
    public void Changes_that_do_not_fit_are_refused_until_there_is_room()
    {
        using var store = Open();
        _disk.IsFull = true;
        var changes = Enumerable.Range(0, 17).Select(static number => new Dictionary<string, byte[]?>
        {
            [$"tasks/fw/{number}"] = new byte[1 << 20],
        }).ToArray();
        foreach (var change in changes[..15])
        {
            store.Commit(change);
        }

        Should.Throw<IOException>(() => store.Commit(changes[15])).Message.ShouldContain("reserve");
        Should.Throw<IOException>(() => store.Commit(changes[15]));
        _disk.IsFull = false;
        store.Commit(changes[15]);
        store.Commit(changes[16]);
        store.DiskFull.ShouldBeFalse();
        store.Load().Records.Count.ShouldBe(17);
    }

    [Fact]
    public void A_disk_that_refuses_everything_has_taken_nothing_and_the_same_change_goes_in_later()
    {
        using var store = Open();
        Commit(store, ("tasks/fw/a", 1));
        (_disk.IsFull, _disk.IsBroken) = (true, true);
        Should.Throw<IOException>(() => Commit(store, ("tasks/fw/a", 2)));
        (_disk.IsFull, _disk.IsBroken) = (false, false);
        Commit(store, ("tasks/fw/a", 2));
        Content(store).ShouldBe(new Dictionary<string, byte> { ["tasks/fw/a"] = 2 });
    }

    [Fact]
    public void Whenever_the_disk_is_full_and_whenever_the_agent_starts_again_the_last_change_counts()
    {
        var step = from key in Gen.Elements("agent", "tasks/fw/a", "tasks/fw/b", "executors/fw/e")
                   from value in Gen.Choose(0, 200)
                   from full in Gen.Elements(true, true, false)
                   from restarts in Gen.Elements(true, false, false)
                   select (key, value: value == 0 ? null : (byte?)value, full, restarts);
        Prop.ForAll(Gen.ListOf(step).ToArbitrary(), steps =>
        {
            _disk.IsFull = false;
            Directory.Delete(_work, recursive: true);
            Directory.CreateDirectory(Path.Combine(_work, "meta"));
            // The size is nothing to this, and writing it a hundred times would take a while.
            File.WriteAllBytes(Reserve, new byte[64 * 1024]);
            var expected = new Dictionary<string, byte>(StringComparer.Ordinal);
            var store = Open();
            try
            {
                foreach (var (key, value, full, restarts) in steps)
                {
                    if (restarts)
                    {
                        store.Dispose();
                        store = Open();
                        Content(store).ShouldBe(expected, ignoreOrder: true);
                    }

                    _disk.IsFull = full;
                    Commit(store, (key, value));
                    if (value is { } present)
                    {
                        expected[key] = present;
                    }
                    else
                    {
                        expected.Remove(key);
                    }
                }

                Content(store).ShouldBe(expected, ignoreOrder: true);
            }
            finally
            {
                store.Dispose();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Worlds));
    }

    private static void Commit(CheckpointStore store, params (string Key, byte? Value)[] changes) => store.Commit(
        changes.ToDictionary(static change => change.Key, static change => change.Value is { } value ? new[] { value } : null));

    private static Dictionary<string, byte> Content(CheckpointStore store)
    {
        var found = store.Load();
        found.CorruptKeys.ShouldBeEmpty();
        return found.Records.ToDictionary(static pair => pair.Key, static pair => pair.Value[0]);
    }

    private CheckpointStore Open() => CheckpointStore.Open(_work, _disk, NullLogger.Instance);
}
