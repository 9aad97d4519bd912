using Plenum.Benchmarks.Cluster;
using Plenum.Benchmarks.Containers;
using Plenum.Benchmarks.Json;
using Plenum.Benchmarks.Kernel;
using Plenum.Benchmarks.Master;
using Plenum.Benchmarks.Reporting;
using Plenum.Benchmarks.Simulation;
using Plenum.Benchmarks.Soak;
using Plenum.Benchmarks.Storage;

if (args is ["simulate", .. var simulation])
{
    return SimulateCommand.Run(simulation, Console.Out);
}

if (args is ["soak", .. var soak])
{
    return SoakCommand.Run(soak, Console.Out);
}

// The polling benchmark's own clients.
if (args is ["poll", .. var polling])
{
    return await Pollers.PollAsync(polling, Console.Out);
}

// Name, what it measures, how. Without a name all of them run.
(string Name, string What, Func<IAsyncEnumerable<BenchmarkRow>> Run)[] benchmarks =
[
    ("up", "a cluster by ./plenum up: start, idle cost, app latency", UpBenchmark.RunAsync),
    ("kernel", "launches through the kernel with 5,000 simulated agents", () => KernelLaunches.Run().ToAsyncEnumerable()),
    ("allocation", "one allocation run in the sizes of Mesos' published figures", () => AllocationCycles.Run().ToAsyncEnumerable()),
    ("failover", "a new leader: registry, 20,000 agents with tasks, 100,000 tasks reconciled", () => Failover.Run().ToAsyncEnumerable()),
    ("linked-failover", "the same with its store on disk and every agent on a socket", LinkedFailover.RunAsync),
    ("held", "memory and allocation of 50,000 agents with 500,000 tasks", () => HeldTasks.Run().ToAsyncEnumerable()),
    ("scheduler", "launches through /api/v1/scheduler over loopback", SchedulerLaunches.RunAsync),
    ("sharing", "100 frameworks launching through /api/v1/scheduler on 5,000 linked agents", SharedLaunches.RunAsync),
    ("state", "/state with 10,000 tasks while launches go on", StateUnderLaunches.RunAsync),
    ("polling", "20 clients polling /state, /health beside them", StatePolling.RunAsync),
    ("large-state", "/state of 20,000 agents with 200,000 running and 200,000 ended tasks", () => LargeState.Run().ToAsyncEnumerable()),
    ("containers", "200 containers on one agent against conmon and crun alone", () => RuntimeBenchmark.RunAsync(count: 200, rounds: 2, target: 1.5)),
    ("thousand", "1,000 containers on one agent against conmon and crun alone, and their end", () => RuntimeBenchmark.RunAsync(count: 1_000, rounds: 1, target: 1.3)),
    ("podman", "100 containers on one agent against podman run -d", PodmanBenchmark.RunAsync),
    ("start", "start of a container over crun alone with the same bundle", StartLatency.RunAsync),
    ("agent", "500 checked containers by ./plenum up: memory, checks, exec, recovery", AgentBenchmark.RunAsync),
    ("idle-agent", "one plenumd agent without containers beside a master of its own process: memory", IdleAgent.RunAsync),
    ("json", "Mesos JSON of a 1 MB state", () => JsonBenchmark.Run().ToAsyncEnumerable()),
    ("store", "durable commits of the embedded store", StoreCommits.RunAsync),
];

var chosen = args.Length == 0 ? benchmarks : [.. benchmarks.Where(b => args.Contains(b.Name, StringComparer.Ordinal))];
if (args.FirstOrDefault(a => !Array.Exists(benchmarks, b => string.Equals(b.Name, a, StringComparison.Ordinal))) is { } unknown)
{
    Console.Error.WriteLine($"No benchmark is called '{unknown}'. There are:");
    foreach (var (name, what, _) in benchmarks)
    {
        Console.Error.WriteLine($"  {name,-15} {what}");
    }

    Console.Error.WriteLine($"  {"simulate",-15} whole clusters of cores from seeds: simulate --seeds N | --seed N");
    Console.Error.WriteLine($"  {"soak",-12} an hour of a cluster's life in simulated time, the heap at each tenth: soak --minutes N --seed N");

    return 64;
}

var table = new BenchmarkTable(Console.Out);
table.Head();
foreach (var benchmark in chosen)
{
    await foreach (var row in benchmark.Run())
    {
        table.Add(row);
    }
}

return 0;
