using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Twenty dashboards that ask for <c>/state</c> of 100 agents with 100 tasks each as fast as they get it, and
/// <c>/health</c> beside them: of a cluster where nothing else happens, and before that of one where a framework
/// launches as fast as it can.
/// </summary>
internal static class StatePolling
{
    private const int Agents = 100;
    private const int Tasks = 10_000;
    private const int Clients = 20;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        await using var master = await MasterUnderLoad.StartAsync(Agents, CancellationToken.None);
        var framework = await LoadFramework.StartAsync(master.Address, Tasks, CancellationToken.None);
        while (framework.Staying < Tasks)
        {
            await SchedulerLaunches.RateAsync(framework, 1);
        }

        var busy = await PollAllAsync(master.Address);
        yield return new BenchmarkRow($"/state polled by {Clients} clients under launches: mean", busy.States.Average(), "ms");
        yield return new BenchmarkRow("/health meanwhile, p99", P99(busy.Healths), "ms");

        // Its tasks stay: the framework has a failover timeout.
        await framework.DisposeAsync();
        var quiet = await PollAllAsync(master.Address);
        yield return new BenchmarkRow($"/state polled by {Clients} clients, {Agents} agents x {Tasks / Agents} tasks: mean", quiet.States.Average(), "ms", 200, LowerIsBetter: true);
        yield return new BenchmarkRow("/state polled: answers a second, all clients", quiet.States.Count / Length.TotalSeconds, "/s");
        yield return new BenchmarkRow("/health meanwhile, p99", P99(quiet.Healths), "ms", 20, LowerIsBetter: true);
    }

    private static double P99(List<double> times)
    {
        times.Sort();
        return times[(int)(0.99 * (times.Count - 1))];
    }

    private static async Task<(List<double> States, List<double> Healths)> PollAllAsync(Uri master)
    {
        var health = Pollers.RunAsync(master, "/health", clients: 1, Length);
        return (await Pollers.RunAsync(master, "/state", Clients, Length), await health);
    }
}
