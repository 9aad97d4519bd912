using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Containers;

/// <summary>
/// Many containers launched and running, through the runtime and by conmon and crun alone with the same bundles,
/// in turns. The bare side gets the cheapest start there is: bundles made beforehand, no log files, no records, and the
/// runtime's own way of starting conmon instead of a shell for each.
/// </summary>
internal static class RuntimeBenchmark
{
    internal const string CgroupParent = "plenum-bench";

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync(int count, int rounds, double target)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            yield break;
        }
        var directory = Directory.CreateDirectory(Path.Join("/var/tmp", $"plenum-bench-{Guid.NewGuid():N}")).FullName;
        var options = new ContainerRuntimeOptions { WorkDirectory = directory, CgroupParent = CgroupParent };
        var through = new List<double>();
        var bare = new List<double>();
        var ends = new List<double>();
        try
        {
            await using var runtime = ContainerRuntimes.Create(options, TimeProvider.System, NullLoggerFactory.Instance);
            await RoundAsync(runtime, options, Math.Min(count, 10));
            for (var round = 0; round < rounds; round++)
            {
                var (runtimeSeconds, bareSeconds, endSeconds) = await RoundAsync(runtime, options, count);
                through.Add(runtimeSeconds);
                bare.Add(bareSeconds);
                ends.Add(endSeconds);
            }
        }
        finally
        {
            await new Cgroup(CgroupHost.Detect(), $"/{CgroupParent}").RemoveAsync(TimeProvider.System);
            Directory.Delete(directory, recursive: true);
        }
        yield return new BenchmarkRow($"containers: {count} launched by conmon and crun alone", Medians.Of(bare), "s");
        yield return new BenchmarkRow($"containers: {count} launched through the runtime", Medians.Of(through), "s");
        yield return new BenchmarkRow(
            "containers: the runtime's time as a multiple of the bare one",
            Medians.Of(through.Zip(bare, static (a, b) => a / b)),
            "x",
            target,
            LowerIsBetter: true);
        yield return new BenchmarkRow(
            $"containers: {count} destroyed, as a multiple of their launch",
            Medians.Of(ends.Zip(through, static (a, b) => a / b)),
            "x",
            1,
            LowerIsBetter: true);
    }

    private static async Task<(double Runtime, double Bare, double End)> RoundAsync(
        IContainerRuntime runtime, ContainerRuntimeOptions options, int count)
    {
        var specs = Enumerable.Range(0, count).Select(_ => Spec(options)).ToArray();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(specs.Select(spec => runtime.LaunchAsync(spec, CancellationToken.None)));
        var throughRuntime = watch.Elapsed.TotalSeconds;

        var copies = specs.Select(spec => Copy(options, spec.Key)).ToArray();
        watch.Restart();
        await Parallel.ForEachAsync(
            specs,
            new ParallelOptions { MaxDegreeOfParallelism = options.LaunchConcurrency },
            async (spec, _) => await runtime.DestroyAsync(spec.Key));
        var end = watch.Elapsed.TotalSeconds;

        var host = CgroupHost.Detect();
        using var watcher = new ProcessWatcher();
        using var runner = new OciRunner(
            HostPrograms.Find(), Path.Join(options.WorkDirectory, "bare-oci"), host, watcher, options.RuntimeTimeout, TimeProvider.System);
        using var nothing = OwnedFd.Open("/dev/null", LibC.OpenReadWrite);
        watch.Restart();
        await Parallel.ForEachAsync(
            copies,
            new ParallelOptions { MaxDegreeOfParallelism = options.LaunchConcurrency },
            async (container, cancellationToken) =>
            {
                var created = await runner.CreateAsync(container, [], [], users: null, (nothing.Number, nothing.Number), cancellationToken);
                container.Own(created.Monitor);
                container.Process = ProcessHandle.TryOpen(created.Pid);
                container.Record = Record(container, created);
                await runner.StartAsync(container, cancellationToken);
                container.PendingSignal = created.MonitorEnd;
            });
        var alone = watch.Elapsed.TotalSeconds;
        foreach (var container in copies)
        {
            container.Process!.Signal(LibC.SignalKill);
            await container.PendingSignal;
            await new Cgroup(host, container.Record!.Cgroup!).RemoveAsync(TimeProvider.System);
            runner.Forget(container.Key);
            container.Dispose();
        }
        return (throughRuntime, alone, end);
    }

    internal static ContainerSpec Spec(ContainerRuntimeOptions options)
    {
        var key = new ContainerKey(Guid.NewGuid().ToString());
        return new ContainerSpec
        {
            Key = key,
            SandboxDirectory = Directory.CreateDirectory(Path.Join(options.WorkDirectory, "sandboxes", key.Name)).FullName,
            Command = new ContainerCommand { Value = "exec sleep 1000" },
            Limits = new ContainerLimits { Cpus = 0.1, MemoryBytes = 32 << 20 },
        };
    }

    /// <summary>The bundle that the runtime made, under another name of the same length.</summary>
    internal static RunningContainer Copy(ContainerRuntimeOptions options, ContainerKey original)
    {
        var key = new ContainerKey(Guid.NewGuid().ToString());
        var source = new BundleLayout(Path.Join(options.WorkDirectory, "runtime", "containers", original.Name));
        var bundle = new BundleLayout(Path.Join(options.WorkDirectory, "bare", key.Name));
        Directory.CreateDirectory(bundle.Exits);
        Directory.CreateDirectory(bundle.Persist);
        HostRoot.Programs().CreateSkeleton(bundle.Root);
        var config = File.ReadAllText(source.Config)
            .Replace(source.Directory, bundle.Directory, StringComparison.Ordinal)
            .Replace($"/{CgroupParent}/{original.Value}", $"/{CgroupParent}/{key.Value}", StringComparison.Ordinal);
        File.WriteAllText(bundle.Config, config);
        return new RunningContainer(key, bundle);
    }

    private static ContainerRecord Record(RunningContainer container, CreatedContainer created) => new()
    {
        Name = container.Key.Name,
        SandboxDirectory = "",
        Isolation = ContainerIsolation.Linux,
        BootId = Boot.Id,
        Process = new ProcessIdentity(created.Pid, 0),
        Monitor = created.MonitorIdentity,
        Cgroup = $"/{CgroupParent}/{container.Key.Value}",
    };
}
