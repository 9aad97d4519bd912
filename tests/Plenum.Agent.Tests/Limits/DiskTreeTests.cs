using System.Diagnostics;
using System.Globalization;
using Plenum.Agent.Limits;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;

namespace Plenum.Agent.Tests.Limits;

public sealed class DiskTreeTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("plenum-tree-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_du_counts_is_counted_whatever_the_size_of_the_pieces()
    {
        for (var directory = 0; directory < 20; directory++)
        {
            var nested = Directory.CreateDirectory(Path.Combine(_root, $"d{directory % 4}", $"e{directory}", "f")).FullName;
            Write(Path.Combine(nested, "data"), directory * 5_000);
        }

        await Tool.RunAsync("ln", Path.Combine(_root, "d0/e0/f/data"), Path.Combine(_root, "second-name"));
        await Tool.RunAsync("ln", "-s", "/usr", Path.Combine(_root, "elsewhere"));
        // A name that no text can hold; only a shell gets rid of it again.
        await Tool.RunAsync("sh", "-c", $"cd {_root}; f=$(printf 'odd\\377'); head -c 300000 /dev/zero > \"$f\" && sync \"$f\"");
        try
        {
            var du = await DuAsync();
            Measure(1).ShouldBe(du);
            Measure(1_000).ShouldBe(du);
        }
        finally
        {
            await Tool.RunAsync("sh", "-c", $"rm {_root}/odd*");
        }
    }

    [Fact]
    public async Task A_hole_takes_no_room_and_a_second_name_no_more()
    {
        using (var sparse = File.Create(Path.Combine(_root, "sparse")))
        {
            sparse.SetLength(1024L * Megabyte);
        }

        Write(Path.Combine(_root, "data"), 2 * Megabyte);
        var before = Measure(100);
        before.ShouldBeInRange(2 * Megabyte, 3 * Megabyte);
        await Tool.RunAsync("ln", Path.Combine(_root, "data"), Path.Combine(_root, "again"));
        (Measure(100) - before).ShouldBeLessThan(Megabyte);
    }

    [Fact]
    public void A_directory_that_is_left_out_is_not_counted_and_one_that_is_gone_is_nothing()
    {
        var ended = Directory.CreateDirectory(Path.Combine(_root, "containers/ended")).FullName;
        Write(Path.Combine(ended, "data"), 4 * Megabyte);
        Measure(100).ShouldBeGreaterThan(4 * Megabyte);
        Measure(100, ended, Path.Combine(_root, "never")).ShouldBeLessThan(Megabyte);
        using var gone = new DiskTree(Path.Combine(_root, "gone"), []);
        gone.Advance(1).ShouldBeFalse();
        gone.Bytes.ShouldBe(0);
    }

    [RootFact]
    public async Task What_is_mounted_in_it_does_not_count()
    {
        var mounted = Directory.CreateDirectory(Path.Combine(_root, "mounted")).FullName;
        var bound = Directory.CreateDirectory(Path.Combine(_root, "bound")).FullName;
        var other = Directory.CreateTempSubdirectory("plenum-tree-").FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "none", mounted);
        try
        {
            Write(Path.Combine(mounted, "data"), 4 * Megabyte);
            Write(Path.Combine(other, "data"), 4 * Megabyte);
            await Tool.RunAsync("mount", "--bind", other, bound);
            try
            {
                Measure(100).ShouldBeLessThan(Megabyte);
            }
            finally
            {
                await Tool.RunAsync("umount", bound);
            }
        }
        finally
        {
            await Tool.RunAsync("umount", mounted);
            Directory.Delete(other, recursive: true);
        }
    }

    private long Measure(int piece, params string[] left)
    {
        using var tree = new DiskTree(_root, left);
        while (tree.Advance(piece))
        {
            // Until it says that this was all.
        }

        tree.IsTooDeep.ShouldBeFalse();
        return tree.Bytes;
    }

    private static void Write(string path, int bytes)
    {
        using var file = File.Create(path);
        file.Write(new byte[bytes]);
        // On the disk: a file system may find its blocks only then.
        file.Flush(flushToDisk: true);
    }

    private async Task<long> DuAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", $"du --summarize --block-size=1 {_root}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return long.Parse(output.Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
