using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Containers;

/// <summary>
/// Containers launched through the runtime and by "podman run -d", in turns: the same crun and conmon, the same limits, as
/// many at a time. Podman gets its cheapest start: one root of busybox for all (no image to unpack or mount), the host's
/// network, no events. Its storage is its own and in the benchmark's directory.
/// </summary>
internal static class PodmanBenchmark
{
    /// <summary>Fewer than the thousand of its sister: podman takes minutes for those.</summary>
    private const int Containers = 100;
    private const int WarmUp = 4;
    private const int Rounds = 3;
    private const double Target = 3;
    private const string CgroupParent = "plenum-bench-podman";

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        if (!Environment.IsPrivilegedProcess || HostPrograms.TryFind("podman") is not { } podman
            || HostPrograms.TryFind("crun") is not { } crun || HostPrograms.TryFind("busybox") is not { } busybox)
        {
            yield break;
        }

        // Short: podman refuses a directory for its run with more than 50 characters.
        var directory = Directory.CreateDirectory(Path.Join("/var/tmp", $"plenum-bench-{Environment.ProcessId}")).FullName;
        var options = new ContainerRuntimeOptions { WorkDirectory = directory, CgroupParent = RuntimeBenchmark.CgroupParent };
        var (ours, theirs) = (new List<double>(), new List<double>());
        using var watcher = new ProcessWatcher();
        using var namespaces = new NamespaceSpawner();
        var peer = new Podman(podman, crun, directory, options.LaunchConcurrency, namespaces, watcher);
        try
        {
            peer.MakeRoot(busybox);
            await using var runtime = ContainerRuntimes.Create(options, TimeProvider.System, NullLoggerFactory.Instance);
            await RoundAsync(runtime, options, WarmUp);
            await peer.LaunchAsync(WarmUp);
            await peer.RemoveAllAsync();
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(await RoundAsync(runtime, options, Containers));
                theirs.Add(await peer.LaunchAsync(Containers));
                await peer.RemoveAllAsync();
            }
        }
        finally
        {
            try
            {
                await peer.RemoveAllAsync();
            }
            finally
            {
                await new Cgroup(CgroupHost.Detect(), $"/{CgroupParent}").RemoveAsync(TimeProvider.System);
                await new Cgroup(CgroupHost.Detect(), $"/{RuntimeBenchmark.CgroupParent}").RemoveAsync(TimeProvider.System);
                Directory.Delete(directory, recursive: true);
            }
        }

        yield return new BenchmarkRow($"podman: {Containers} containers by podman run -d", Containers / Medians.Of(theirs), "/s");
        yield return new BenchmarkRow($"podman: {Containers} containers through the runtime", Containers / Medians.Of(ours), "/s");
        yield return new BenchmarkRow(
            "podman: the runtime's rate as a multiple of podman's", Medians.Of(theirs.Zip(ours, static (a, b) => a / b)), "x", Target);
    }

    /// <summary>The seconds until all of them run; they are destroyed after that.</summary>
    private static async Task<double> RoundAsync(IContainerRuntime runtime, ContainerRuntimeOptions options, int count)
    {
        var specs = Enumerable.Range(0, count).Select(_ => RuntimeBenchmark.Spec(options)).ToArray();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(specs.Select(spec => runtime.LaunchAsync(spec, CancellationToken.None)));
        var seconds = watch.Elapsed.TotalSeconds;
        await Parallel.ForEachAsync(
            specs,
            new ParallelOptions { MaxDegreeOfParallelism = options.LaunchConcurrency },
            async (spec, _) => await runtime.DestroyAsync(spec.Key));
        return seconds;
    }

    private sealed class Podman(string podman, string crun, string directory, int concurrency, NamespaceSpawner namespaces, ProcessWatcher watcher)
    {
        private readonly string _root = Path.Join(directory, "podman", "root");
        private readonly string[] _everywhere =
        [
            "--root", Path.Join(directory, "podman", "storage"), "--runroot", Path.Join(directory, "podman", "run"),
            "--tmpdir", Path.Join(directory, "podman", "tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
            "--runtime", crun, "--events-backend", "none",
        ];

        public void MakeRoot(string busybox)
        {
            var programs = Directory.CreateDirectory(Path.Join(_root, "bin")).FullName;
            File.Copy(busybox, Path.Join(programs, "busybox"));
            File.CreateSymbolicLink(Path.Join(programs, "sh"), "busybox");
            File.CreateSymbolicLink(Path.Join(programs, "sleep"), "busybox");
        }

        public async Task<double> LaunchAsync(int count)
        {
            // The runtime's 0.1 cpus are a weight and no quota: a quota would slow the start itself. Limits of open files and processes that podman would raise: not every machine lets root do that.
            string[] run =
            [
                .. _everywhere, "run", "-d", "--network=host", "--cpu-shares", "102", "--memory", "32m", $"--cgroup-parent=/{CgroupParent}",
                "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096", "--rootfs", _root, "/bin/sh", "-c", "exec sleep 1000",
            ];
            var watch = Stopwatch.StartNew();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, count),
                new ParallelOptions { MaxDegreeOfParallelism = concurrency },
                async (_, _) => await CallAsync(run));
            return watch.Elapsed.TotalSeconds;
        }

        public Task RemoveAllAsync() => CallAsync([.. _everywhere, "rm", "--all", "--force", "--time", "0"]);

        // Started as the bare crun of StartLatency is, and as that not where crun refuses the machine's cgroups.
        private async Task CallAsync(string[] arguments)
        {
            using var nothing = OwnedFd.Open("/dev/null", LibC.OpenReadWrite);
            var errors = Path.Join(directory, $"podman-{Guid.NewGuid():N}");
            using var written = OwnedFd.Open(errors, LibC.OpenWriteOnly | LibC.OpenCreate, mode: 0x180);
            var pid = await namespaces.SpawnInNewAsync(
                new SpawnRequest
                {
                    Program = podman,
                    Arguments = arguments,
                    Environment = new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["HOME"] = directory },
                    Descriptors = [(0, nothing.Number), (1, nothing.Number), (2, written.Number)],
                },
                OciRunner.HideHybridHierarchy(CgroupHost.Detect()));
            using var process = ProcessHandle.TryOpen(pid);
            if (process is not null && await watcher.WatchAsync(process) is var status and not 0)
            {
                throw new InvalidOperationException($"podman ended with {status}: {await File.ReadAllTextAsync(errors)}");
            }

            File.Delete(errors);
        }
    }
}
