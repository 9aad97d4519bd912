using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers.Logs;

namespace Plenum.Agent.Tests.Containers;

public sealed class LogFileTests : IDisposable
{
    // Real disk: tmpfs cannot cut a file from its front.
    private readonly string _directory = Directory.CreateDirectory(Path.Join("/var/tmp", $"plenum-log-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Cutting_loses_no_byte_and_keeps_a_bounded_number_of_files()
    {
        var path = Path.Join(_directory, "stdout");
        using var log = LogFile.Open(path).ShouldNotBeNull();
        var written = new StringBuilder();
        for (var i = 0; i < 60_000; i++)
        {
            var line = $"line {i} of the log\n";
            written.Append(line);
            File.AppendAllText(path, line);
            if (i % 1_000 == 999)
            {
                log.Rotate(new LogLimits(FileBytes: 128 * 1024, Kept: 2, HeadBytes: 50), DateTimeOffset.UnixEpoch);
            }
        }

        Directory.GetFiles(_directory).Select(Path.GetFileName).ShouldBe(["stdout", "stdout.1", "stdout.2", "stdout.head"], ignoreOrder: true);
        File.ReadAllText(path + ".head").ShouldBe(written.ToString()[..50]);
        var kept = File.ReadAllText(path + ".2") + File.ReadAllText(path + ".1") + File.ReadAllText(path);
        // Everything from the oldest kept byte on is there, in order and without a gap.
        written.ToString().ShouldEndWith(kept);
        kept.Length.ShouldBeGreaterThan(256 * 1024);
    }

    [Fact]
    public void A_link_in_the_place_of_the_log_is_not_followed()
    {
        var secret = Path.Join(_directory, "secret");
        File.WriteAllText(secret, "untouched");
        File.CreateSymbolicLink(Path.Join(_directory, "stdout"), secret);

        LogFile.Open(Path.Join(_directory, "stdout")).ShouldBeNull();

        File.ReadAllText(secret).ShouldBe("untouched");
    }

    [Fact]
    public async Task The_keeper_cuts_a_file_while_it_is_written()
    {
        var path = Path.Join(_directory, "stderr");
        using var keeper = new LogKeeper(new LogLimits(FileBytes: 256 * 1024, Kept: 1), TimeProvider.System, NullLogger.Instance);
        using var tracked = keeper.Track(LogFile.Open(path).ShouldNotBeNull());
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(_directory, "stderr.1");
        watcher.Created += (_, _) => cut.TrySetResult();
        watcher.EnableRaisingEvents = true;

        await File.AppendAllTextAsync(path, new string('x', 300 * 1024));
        await cut.Task.WaitAsync(RuntimeFixture.Patience);
    }

    [RootFact]
    public async Task A_container_that_writes_without_end_keeps_its_sandbox_bounded()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { Logs = new LogLimits(FileBytes: 512 * 1024, Kept: 2) });
        var spec = fixture.Spec("i=0; while [ $i -lt 200 ]; do head -c 100000 /dev/zero; i=$((i+1)); done; echo; echo end");

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();
        // A cut that is under way ends with the container's removal; a reader beside it would run past the moved end.
        await fixture.Runtime.DestroyAsync(spec.Key);

        // 20 MB were written; the last lines are the ones that stay.
        fixture.Output(spec.Key).ShouldEndWith("\nend\n");
        var files = Directory.GetFiles(spec.SandboxDirectory, "stdout*");
        files.Length.ShouldBeLessThanOrEqualTo(3);
        files.Where(static f => f.EndsWith(".1", StringComparison.Ordinal) || f.EndsWith(".2", StringComparison.Ordinal))
            .ShouldAllBe(static f => new FileInfo(f).Length <= 512 * 1024);
    }
}
