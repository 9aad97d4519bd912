using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Book;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Sandboxes;

public sealed class SandboxCollectorTests
{
    [RootFact]
    public async Task Old_sandboxes_go_by_age_and_sooner_the_fuller_the_disk_is()
    {
        var work = Directory.CreateTempSubdirectory("plenum-gc-").FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "plenum-test", work);
        try
        {
            var clock = new SetClock(DateTimeOffset.UtcNow);
            var collector = new SandboxCollector(
                loop: null!,
                AgentFixtureOptions(work),
                clock,
                NullLogger.Instance);
            var old = Sandbox(work, "old", clock.Now - TimeSpan.FromDays(8), "printf x > $(printf 'name-\\377'); mkdir -p $(printf 'dir-\\377/in')");
            var recent = Sandbox(work, "recent", clock.Now - TimeSpan.FromDays(3));
            var fresh = Sandbox(work, "fresh", clock.Now);
            collector.Collect(AgentSnapshot.Empty).ShouldBe(1);
            Directory.Exists(old).ShouldBeFalse();
            Directory.Exists(recent).ShouldBeTrue();

            // 70 % used: 7 days × (1 - 0.1 - 0.7) are 1.4 days.
            await File.WriteAllBytesAsync(Path.Join(work, "ballast"), new byte[16 * 1024 * 1024 * 7 / 10]);
            collector.Collect(AgentSnapshot.Empty).ShouldBe(1);
            Directory.Exists(recent).ShouldBeFalse();
            Directory.Exists(Path.Join(work, "slaves/a/frameworks/f/executors/recent")).ShouldBeFalse();

            // Full: everything but what is just being started.
            await File.WriteAllBytesAsync(Path.Join(work, "more"), new byte[16 * 1024 * 1024 / 4]);
            collector.Collect(AgentSnapshot.Empty).ShouldBe(0);
            Directory.Exists(fresh).ShouldBeTrue();
            clock.Now += TimeSpan.FromMinutes(2);
            collector.Collect(AgentSnapshot.Empty).ShouldBe(1);
            Directory.Exists(fresh).ShouldBeFalse();
        }
        finally
        {
            await Tool.RunAsync("umount", work);
            Directory.Delete(work);
        }
    }

    private static AgentOptions AgentFixtureOptions(string work) =>
        new() { Master = new Uri("http://127.0.0.1:5050"), WorkDirectory = work };

    private static string Sandbox(string work, string name, DateTimeOffset changed, string? script = null)
    {
        var run = Path.Join(work, "slaves/a/frameworks/f/executors", name, "runs", $"{name}-container");
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Join(run, "stdout"), "hello");
        if (script is not null)
        {
            using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = run })!;
            shell.WaitForExit();
            shell.ExitCode.ShouldBe(0);
        }

        Directory.SetLastWriteTimeUtc(run, changed.UtcDateTime);
        return run;
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
