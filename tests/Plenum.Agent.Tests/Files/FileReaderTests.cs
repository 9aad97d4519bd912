using Plenum.Agent.Book;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Files;
using Plenum.Http.Files;
using Plenum.Protocol.Identity;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Files;

public sealed class FileReaderTests
{
    [Fact]
    public async Task A_read_beside_cuts_never_misses_the_end()
    {
        var work = Directory.CreateTempSubdirectory("plenum-reader-").FullName;
        var run = Path.Join(work, "slaves/a/frameworks/f/executors/e/runs/c");
        Directory.CreateDirectory(run);
        var path = Path.Join(run, "stdout");
        using var log = LogFile.Open(path).ShouldNotBeNull();
        var files = new AgentFiles(
            new SandboxFiles(work), new AttachedFiles(), AgentSnapshot.Empty with { Agent = new AgentId("a") }, work);
        using var stop = new CancellationTokenSource();
        var line = new byte[4096];
        line.AsSpan().Fill((byte)'x');
        line[^1] = (byte)'\n';
        var cutting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                RandomAccess.Write(log.Handle, line, RandomAccess.GetLength(log.Handle));
                lock (LogCuts.Of(log.Handle))
                {
                    log.Rotate(new LogLimits(256 * 1024, Kept: 1), DateTimeOffset.UnixEpoch);
                }
            }
        });

        for (var i = 0; i < 3000; i++)
        {
            var size = FileReader.Read(files, path, 0L, 0L).Size;
            var (_, now, data) = FileReader.Read(files, path, Math.Max(0, size - 100), 100L);
            // Either the end was cut away before the read, which its size says, or all that the size promises is there.
            data.Length.ShouldBe((int)Math.Clamp(now - Math.Max(0, size - 100), 0, 100), $"read {i}, size {size}, then {now}");
        }

        await stop.CancelAsync();
        await cutting;
        Directory.Delete(work, recursive: true);
    }

    [Fact]
    public void A_path_of_many_parts_costs_what_its_length_does()
    {
        var files = new AttachedFiles();
        files.Attach("/slave/log", "/nowhere");
        var path = string.Concat(Enumerable.Repeat("/a", 20_000));
        files.Names(path).ShouldBeFalse();
        var before = GC.GetAllocatedBytesForCurrentThread();
        files.Names(path).ShouldBeFalse();

        // It looked up every beginning of the path once: 400 MB here, and hours for what a body may hold.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100 * path.Length);
    }

    [Fact]
    public void A_directory_behind_a_link_that_leads_through_another_is_found_where_it_really_is()
    {
        var parent = ContainedPath.Real(Directory.CreateTempSubdirectory("plenum-reader-").FullName);
        var disk = Directory.CreateDirectory(Path.Join(parent, "disk", "plenum")).FullName;
        Directory.CreateSymbolicLink(Path.Join(parent, "data"), "disk");
        Directory.CreateSymbolicLink(Path.Join(parent, "work"), Path.Join(parent, "data", "plenum"));
        ContainedPath.Real(Path.Join(parent, "work", "sandbox")).ShouldBe(Path.Join(disk, "sandbox"));
        Directory.CreateSymbolicLink(Path.Join(parent, "up"), "disk/../disk/./plenum");
        ContainedPath.Real(Path.Join(parent, "up")).ShouldBe(disk);
        Directory.CreateSymbolicLink(Path.Join(parent, "here"), "there");
        Directory.CreateSymbolicLink(Path.Join(parent, "there"), "here");
        Should.Throw<IOException>(() => ContainedPath.Real(Path.Join(parent, "here", "file"))).Message.ShouldContain("links");
        Directory.Delete(parent, recursive: true);
    }

    [Fact]
    public async Task A_directory_that_goes_while_it_is_listed_is_not_there_nor_is_what_its_name_leads_to_then()
    {
        var parent = Directory.CreateTempSubdirectory("plenum-reader-").FullName;
        var work = Directory.CreateDirectory(Path.Join(parent, "work")).FullName;
        var changing = Path.Join(work, "changing");
        var outside = Directory.CreateDirectory(Path.Join(parent, "outside")).FullName;
        File.WriteAllBytes(Path.Join(outside, "secret"), []);
        var files = new AttachedFiles();
        files.Attach("/work", work);
        using var stop = new CancellationTokenSource();
        var changes = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.CreateDirectory(changing);
                Directory.Delete(changing);
                File.WriteAllBytes(changing, []);
                File.Delete(changing);
                File.CreateSymbolicLink(changing, outside);
                File.Delete(changing);
            }
        });

        try
        {
            for (var i = 0; i < 5000; i++)
            {
                // Nothing, an empty directory, or the file or link itself.
                foreach (var (entry, _) in FileReader.List(files, "/work/changing") ?? [])
                {
                    entry.Path.ShouldBe("/work/changing");
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await changes;
            Directory.Delete(parent, recursive: true);
        }
    }

    [Fact]
    public void A_listing_is_in_order_and_costs_what_it_shows_however_large_the_directory_is()
    {
        const int Shown = 10_000;
        var work = Directory.CreateTempSubdirectory("plenum-reader-").FullName;
        var files = new AttachedFiles();
        files.Attach("/work", work);
        var made = 0;
        var exact = Listed(Shown, out var cost);
        exact.ShouldBe(Enumerable.Range(0, Shown).Select(Name));
        var cut = Listed(2 * Shown, out var costOfMore);
        cut.Length.ShouldBe(Shown);
        cut.ShouldBe(cut.Order(StringComparer.Ordinal));
        costOfMore.ShouldBeLessThan(cost + (cost / 10));
        Directory.Delete(work, recursive: true);

        // Long names, so that those beyond what is shown would be seen in the bytes.
        static string Name(int number) => $"{number:D200}";

        string[] Listed(int count, out long bytes)
        {
            for (; made < count; made++)
            {
                File.WriteAllBytes(Path.Join(work, Name(made)), []);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var entries = FileReader.List(files, "/work").ShouldNotBeNull();
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            return [.. entries.Select(static entry => Path.GetFileName(entry.Wire.Path))];
        }
    }
}
