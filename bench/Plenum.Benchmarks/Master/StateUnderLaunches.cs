using System.Diagnostics;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// <c>/state</c> of 10,000 running tasks, asked for once a second while launches go on, and what that
/// costs the launches.
/// </summary>
internal static class StateUnderLaunches
{
    private const int Agents = 100;
    private const int Tasks = 10_000;
    private const int Seconds = 7;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        await using var master = await MasterUnderLoad.StartAsync(Agents, CancellationToken.None);
        await using var framework = await LoadFramework.StartAsync(master.Address, Tasks, CancellationToken.None);
        while (framework.Staying < Tasks)
        {
            await SchedulerLaunches.RateAsync(framework, 1);
        }

        using var http = new HttpClient { BaseAddress = master.Address };
        await AskAsync(http);
        await SchedulerLaunches.RateAsync(framework, 2);
        var quiet = Medians.Of(await SchedulerLaunches.RateAsync(framework, Seconds));
        var (times, rates) = (new List<double>(), new List<double>());
        for (var second = 0; second < Seconds; second++)
        {
            var asking = AskAsync(http);
            rates.AddRange(await SchedulerLaunches.RateAsync(framework, 1));
            times.Add(await asking);
        }

        yield return new BenchmarkRow($"/state with {Tasks:N0} tasks under launches, once a second", Medians.Of(times), "ms", 150, LowerIsBetter: true);
        yield return new BenchmarkRow("/state: slowest of these", times.Max(), "ms");
        yield return new BenchmarkRow("launches meanwhile, as a share of those without readers", 100 * Medians.Of(rates) / quiet, "%", 90);
    }

    private static async Task<double> AskAsync(HttpClient http)
    {
        var watch = Stopwatch.StartNew();
        using var response = await http.GetAsync("/state", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
        return watch.Elapsed.TotalMilliseconds;
    }
}
