using System.Diagnostics;
using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers;

public sealed class LaunchRemainsTests
{
    [Fact]
    public async Task What_a_launch_started_ends_and_an_operator_who_looks_at_its_files_does_not()
    {
        var bundle = Directory.CreateTempSubdirectory("plenum-remains-").FullName;
        var log = Path.Join(bundle, "runtime.log");
        await File.WriteAllTextAsync(log, "");
        using var watcher = new ProcessWatcher();
        using var launched = await StartAsync(bundle, "sleep 1000");
        using var nested = await StartAsync($"{bundle}.nested", "sleep 1000");
        using var operators = await StartAsync(null, $"tail -f {log}");
        var ends = (ProcessHandle[])[launched, nested, operators];
        var ended = ends.Select(watcher.WatchAsync).ToArray();
        try
        {
            await LaunchRemains.KillAsync(bundle, watcher, Patience.Limit, TimeProvider.System);

            await ended[0].WaitAsync(Patience.Limit);
            ended[1].IsCompleted.ShouldBeFalse("a nested container has a launch of its own");
            ended[2].IsCompleted.ShouldBeFalse();
            nested.Signal(LibC.SignalKill).ShouldBeTrue();
            operators.Signal(LibC.SignalKill).ShouldBeTrue();
            await Task.WhenAll(ended).WaitAsync(Patience.Limit);
        }
        finally
        {
            foreach (var process in ends)
            {
                process.Signal(LibC.SignalKill);
            }

            Directory.Delete(bundle, recursive: true);
        }
    }

    [Fact]
    public async Task Another_directory_of_the_same_path_is_another_agents_in_a_mount_namespace_of_its_own()
    {
        var parent = Directory.CreateTempSubdirectory("plenum-remains-").FullName;
        var bundle = Path.Join(parent, "bundle");
        Directory.CreateDirectory(bundle);
        using var watcher = new ProcessWatcher();
        using var others = await StartAsync(bundle, "sleep 1000");
        // What differs there is the directory behind the path.
        Directory.Move(bundle, Path.Join(parent, "elsewhere"));
        Directory.CreateDirectory(bundle);
        using var launched = await StartAsync(bundle, "sleep 1000");
        var (ended, goesOn) = (watcher.WatchAsync(launched), watcher.WatchAsync(others));
        try
        {
            await LaunchRemains.KillAsync(bundle, watcher, Patience.Limit, TimeProvider.System);

            await ended.WaitAsync(Patience.Limit);
            goesOn.IsCompleted.ShouldBeFalse();
            others.Signal(LibC.SignalKill).ShouldBeTrue();
            await goesOn.WaitAsync(Patience.Limit);
        }
        finally
        {
            launched.Signal(LibC.SignalKill);
            others.Signal(LibC.SignalKill);
            Directory.Delete(parent, recursive: true);
        }
    }

    // Not a child: the framework insists on reaping its own, and so does the watcher.
    private static async Task<ProcessHandle> StartAsync(string? bundle, string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"{command} > /dev/null & echo $!"]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in bundle is null ? [] : LaunchRemains.Mark(new Dictionary<string, string>(), bundle))
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        var pid = int.Parse(await shell.StandardOutput.ReadToEndAsync(), CultureInfo.InvariantCulture);
        await shell.WaitForExitAsync(Patience.Token());
        return ProcessHandle.TryOpen(pid).ShouldNotBeNull();
    }
}
