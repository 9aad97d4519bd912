using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Cluster;

/// <summary>
/// A cluster as a newcomer has it, through the ./plenum script, with real containers: how fast it is up, what it
/// costs when nobody uses it, and how long an app takes from POST to TASK_RUNNING on the event stream.
/// </summary>
internal static class UpBenchmark
{
    private const int Apps = 100;

    /// <summary>What start and first requests set off has settled by then; idle is measured for as long again.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        var script = Path.Combine(FindRoot(), "plenum");
        var state = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        var ports = FreePorts(3);
        string[] up =
        [
            "up", "--master-port", $"{ports[0]}", "--marathon-port", $"{ports[1]}", "--agent-port", $"{ports[2]}",
        ];
        using var marathon = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[1]}") };
        try
        {
            // The first start pays for the cold disk cache of a machine that was just installed; the figure is of the others.
            var starts = new List<double>();
            for (var i = 0; i < 4; i++)
            {
                var watch = Stopwatch.StartNew();
                await RunScriptAsync(script, state, up);
                using (await marathon.GetAsync("/v2/apps"))
                {
                    starts.Add(watch.Elapsed.TotalSeconds);
                }

                if (i < 3)
                {
                    await RunScriptAsync(script, state, "down");
                }
            }

            yield return new BenchmarkRow("./plenum up to the first answer, built", Medians.Of(starts.Skip(1)), "s", 3, LowerIsBetter: true);

            await Task.Delay(Idle);
            var processes = ProcessesOf(state);
            var before = processes.Sum(CpuSeconds);
            await Task.Delay(Idle);
            var used = (processes.Sum(CpuSeconds) - before) / Idle.TotalSeconds * 100;
            yield return new BenchmarkRow("./plenum up idle, memory of all its processes", processes.Sum(ResidentMegabytes), "MB", 250, LowerIsBetter: true);
            yield return new BenchmarkRow("./plenum up idle, processor use", used, "% of a core", 2, LowerIsBetter: true);

            var latencies = await LatenciesAsync(marathon);
            latencies.Sort();
            yield return new BenchmarkRow($"POST /v2/apps to TASK_RUNNING, {Apps} apps one by one, p50", Medians.Of(latencies), "ms", 250, LowerIsBetter: true);
            yield return new BenchmarkRow($"POST /v2/apps to TASK_RUNNING, {Apps} apps one by one, p99", latencies[(Apps * 99 / 100) - 1], "ms", 1000, LowerIsBetter: true);
        }
        finally
        {
            await RunScriptAsync(script, state, "down");
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<List<double>> LatenciesAsync(HttpClient marathon)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/events?event_type=status_update_event");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var stream = await marathon.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var latencies = new List<double>();
        for (var i = 0; i < Apps; i++)
        {
            var id = $"/latency-{i}";
            var body = new { id, cmd = "exec sleep 1000", cpus = 0.01, mem = 16 };
            using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
            var watch = Stopwatch.StartNew();
            using var answer = await marathon.PostAsync("/v2/apps", content);
            answer.EnsureSuccessStatusCode();
            while (true)
            {
                var line = await reader.ReadLineAsync() ?? throw new InvalidOperationException("the event stream ended");
                if (line.StartsWith("data: ", StringComparison.Ordinal)
                    && line.Contains($"\"{id}\"", StringComparison.Ordinal)
                    && line.Contains("TASK_RUNNING", StringComparison.Ordinal))
                {
                    break;
                }
            }

            latencies.Add(watch.Elapsed.TotalMilliseconds);
        }

        return latencies;
    }

    /// <summary>The supervisor and what it started, found by the state directory in their command lines.</summary>
    internal static List<int> ProcessesOf(string state) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture))
            .Where(pid => pid != Environment.ProcessId && CommandLineOf(pid).Contains(state, StringComparison.Ordinal))];

    private static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            // It ended while the list was read.
            return "";
        }
    }

    internal static double CpuSeconds(int pid)
    {
        var fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }

    internal static double ResidentMegabytes(int pid) =>
        File.ReadLines($"/proc/{pid}/status").Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Sum(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024.0;

    internal static async Task RunScriptAsync(string script, string state, params string[] words)
    {
        var start = new ProcessStartInfo(script, words) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PLENUM_STATE"] = state;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"./plenum {string.Join(' ', words)} ended with {process.ExitCode}: {await output}{await error}");
        }
    }

    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        var ports = listeners.ConvertAll(l => ((IPEndPoint)l.LocalEndpoint).Port);
        listeners.ForEach(l => l.Stop());
        return [.. ports];
    }

    internal static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Plenum.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"no Plenum.slnx above {AppContext.BaseDirectory}");
    }
}
