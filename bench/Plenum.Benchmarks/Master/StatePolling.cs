using System.Diagnostics;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Twenty dashboards that ask for <c>/state</c> of 100 agents with 100 tasks each as fast as they get it, and
/// <c>/health</c> beside them. Nothing else happens: what they cost each other is the point.
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
        await using var framework = await LoadFramework.StartAsync(master.Address, Tasks, CancellationToken.None);
        while (framework.Staying < Tasks)
        {
            await SchedulerLaunches.RateAsync(framework, 1);
        }

        using var http = new HttpClient { BaseAddress = master.Address };
        await AskAsync(http, "/state");
        using var stop = new CancellationTokenSource(Length);
        var health = PollAsync(http, "/health", stop.Token);
        var polls = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => PollAsync(http, "/state", stop.Token)));
        var times = polls.SelectMany(static list => list).Order().ToList();
        var healthy = (await health).Order().ToList();

        yield return new BenchmarkRow($"/state polled by {Clients} clients, {Agents} agents x {Tasks / Agents} tasks: mean", times.Average(), "ms", 200, LowerIsBetter: true);
        yield return new BenchmarkRow("/state polled: answers a second, all clients", times.Count / Length.TotalSeconds, "/s");
        yield return new BenchmarkRow("/health meanwhile, p99", healthy[(int)(0.99 * (healthy.Count - 1))], "ms", 20, LowerIsBetter: true);
    }

    private static async Task<List<double>> PollAsync(HttpClient http, string path, CancellationToken stop)
    {
        var times = new List<double>();
        while (!stop.IsCancellationRequested)
        {
            times.Add(await AskAsync(http, path));
        }

        return times;
    }

    private static async Task<double> AskAsync(HttpClient http, string path)
    {
        var watch = Stopwatch.StartNew();
        using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
        return watch.Elapsed.TotalMilliseconds;
    }
}
