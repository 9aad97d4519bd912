using System.Diagnostics;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// Launches through the scheduler API of a real master: protobuf over loopback, the registry on disk,
/// 100 linked agents in the same process. A launch counts when its task was started, seen running, ended,
/// and both updates were acknowledged.
/// </summary>
internal static class SchedulerLaunches
{
    private const int Agents = 100;
    private const int WarmSeconds = 3;
    private const int Seconds = 8;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        await using var master = await MasterUnderLoad.StartAsync(Agents, CancellationToken.None);
        await using var framework = await LoadFramework.StartAsync(master.Address, staying: 0, CancellationToken.None);
        await RateAsync(framework, WarmSeconds);
        yield return new BenchmarkRow(
            $"/api/v1/scheduler: launches with 2 updates and 2 acknowledgements, {Agents} agents",
            Medians.Of(await RateAsync(framework, Seconds)), "/s", 3_750);
    }

    /// <summary>Finished tasks of each second.</summary>
    internal static Task<List<double>> RateAsync(LoadFramework framework, int seconds) => RateAsync([framework], seconds);

    /// <summary>The same of several together.</summary>
    internal static async Task<List<double>> RateAsync(IReadOnlyList<LoadFramework> frameworks, int seconds)
    {
        var any = Task.WhenAny(frameworks.Select(static framework => framework.Completion));
        var rates = new List<double>(seconds);
        for (var second = 0; second < seconds; second++)
        {
            var (watch, before) = (Stopwatch.StartNew(), frameworks.Sum(static framework => framework.Finished));
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1)), any);
            if (any.IsCompleted)
            {
                await await any;
                throw new InvalidOperationException("The master ended the event stream");
            }

            rates.Add((frameworks.Sum(static framework => framework.Finished) - before) / watch.Elapsed.TotalSeconds);
        }

        return rates;
    }
}
