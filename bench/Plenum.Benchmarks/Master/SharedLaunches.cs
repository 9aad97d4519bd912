using System.Globalization;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Many frameworks that launch side by side through the scheduler API of one master with many linked agents, all over
/// loopback and with the registry on disk. A launch counts as in <see cref="SchedulerLaunches"/>.
/// </summary>
internal static class SharedLaunches
{
    private const int AgentsPerFramework = 50;
    private const int UnderWay = 100;
    private const int WarmSeconds = 5;
    private const int Seconds = 10;

    private static readonly int[] Frameworks = [25, 50, 100];

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        var measured = new List<double>();
        foreach (var frameworks in Frameworks)
        {
            var largest = frameworks == Frameworks[^1];
            var (rate, cost) = await MeasureAsync(frameworks);
            measured.Add(rate);
            yield return new BenchmarkRow(
                string.Create(CultureInfo.InvariantCulture, $"launches over HTTP: {frameworks * AgentsPerFramework:N0} agents, {frameworks} frameworks"),
                measured[^1],
                "/s",
                largest ? 10_000 : null);
            yield return new BenchmarkRow("the same, processor time a launch: master, agents and frameworks together", cost, "us");
        }

        yield return new BenchmarkRow(
            "launches over HTTP: exponent of the rate over these sizes",
            Math.Log(measured[^1] / measured[0]) / Math.Log((double)Frameworks[^1] / Frameworks[0]),
            string.Empty);
    }

    /// <summary>Launches a second, and microseconds of processor time each took: the second holds on a busy machine, too.</summary>
    private static async Task<(double Rate, double Cost)> MeasureAsync(int frameworks)
    {
        await using var master = await MasterUnderLoad.StartAsync(frameworks * AgentsPerFramework, CancellationToken.None);
        var running = new List<LoadFramework>();
        try
        {
            for (var i = 0; i < frameworks; i++)
            {
                running.Add(await LoadFramework.StartAsync(master.Address, staying: 0, CancellationToken.None, UnderWay));
            }

            await SchedulerLaunches.RateAsync(running, WarmSeconds);
            var (used, finished) = (Environment.CpuUsage.TotalTime, running.Sum(static framework => framework.Finished));
            var rates = await SchedulerLaunches.RateAsync(running, Seconds);
            used = Environment.CpuUsage.TotalTime - used;
            finished = running.Sum(static framework => framework.Finished) - finished;
            return (Medians.Of(rates), used.TotalMicroseconds / finished);
        }
        finally
        {
            foreach (var framework in running)
            {
                await framework.DisposeAsync();
            }
        }
    }
}
