using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Containers;

/// <summary>
/// Containers started one by one, through the runtime and by crun alone ("run --detach") with a copy of the same bundle, in
/// turns. Both sides start their first program in the same way, so that the difference is conmon, records and the agent.
/// </summary>
internal static class StartLatency
{
    private const int Starts = 60;
    private const int WarmUp = 10;
    private const double TargetMilliseconds = 20;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        if (!Environment.IsPrivilegedProcess || HostPrograms.TryFind("crun") is not { } crun)
        {
            yield break;
        }

        var directory = Directory.CreateDirectory(Path.Join("/var/tmp", $"plenum-bench-{Guid.NewGuid():N}")).FullName;
        var options = new ContainerRuntimeOptions { WorkDirectory = directory, CgroupParent = RuntimeBenchmark.CgroupParent };
        var through = new List<double>();
        var bare = new List<double>();
        using var watcher = new ProcessWatcher();
        using var namespaces = new NamespaceSpawner();
        try
        {
            await using var runtime = ContainerRuntimes.Create(options, TimeProvider.System, NullLoggerFactory.Instance);
            for (var i = 0; i < WarmUp + Starts; i++)
            {
                var spec = RuntimeBenchmark.Spec(options);
                var watch = Stopwatch.StartNew();
                await runtime.LaunchAsync(spec, CancellationToken.None);
                through.Add(watch.Elapsed.TotalMilliseconds);
                using var copy = RuntimeBenchmark.Copy(options, spec.Key);
                await runtime.DestroyAsync(spec.Key);

                string[] state = ["--root", Path.Join(directory, "bare-state")];
                watch.Restart();
                await RunAsync(namespaces, watcher, crun, [.. state, "run", "--detach", "--bundle", copy.Bundle.Directory, copy.Key.Name]);
                bare.Add(watch.Elapsed.TotalMilliseconds);
                await RunAsync(namespaces, watcher, crun, [.. state, "delete", "--force", copy.Key.Name]);
            }
        }
        finally
        {
            await new Cgroup(CgroupHost.Detect(), $"/{RuntimeBenchmark.CgroupParent}").RemoveAsync(TimeProvider.System);
            Directory.Delete(directory, recursive: true);
        }

        var runtimeMedian = Medians.Of(through.Skip(WarmUp));
        var bareMedian = Medians.Of(bare.Skip(WarmUp));
        yield return new BenchmarkRow("start: a container through the runtime, p50", runtimeMedian, "ms");
        yield return new BenchmarkRow("start: the same bundle by crun alone, p50", bareMedian, "ms");
        yield return new BenchmarkRow("start: what the runtime adds, p50", runtimeMedian - bareMedian, "ms", TargetMilliseconds, LowerIsBetter: true);
    }

    // As cheap as the runtime's own starts: no pipes, no thread of .NET's that waits; and where the runtime's crun works, since
    // older ones refuse a machine that shows both versions of cgroups.
    private static async Task RunAsync(NamespaceSpawner namespaces, ProcessWatcher watcher, string program, string[] arguments)
    {
        using var nothing = OwnedFd.Open("/dev/null", LibC.OpenReadWrite);
        var pid = await namespaces.SpawnInNewAsync(
            new SpawnRequest
            {
                Program = program,
                Arguments = arguments,
                Environment = new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin" },
                Descriptors = [(0, nothing.Number), (1, nothing.Number), (2, nothing.Number)],
            },
            OciRunner.HideHybridHierarchy(CgroupHost.Detect()));
        using var process = ProcessHandle.TryOpen(pid);
        if (process is not null && await watcher.WatchAsync(process) is var status and not 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {status}");
        }
    }
}
