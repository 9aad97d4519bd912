using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Cluster;

/// <summary>
/// An agent by itself, then one with 500 running containers, each with an HTTP check every second, through the ./plenum
/// script. There master and Marathon share the agent's process: its memory and processor figures are too high by what they take.
/// </summary>
internal static class AgentBenchmark
{
    private const int Containers = 500;
    private const int Execs = 100;
    private const string App = "/dense";

    /// <summary>Long enough for twenty rounds of checks.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(20);

    /// <summary>Between two looks at what has no event.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            yield break;
        }

        await foreach (var row in IdleAgent.RunAsync())
        {
            yield return row;
        }

        var script = Path.Combine(UpBenchmark.FindRoot(), "plenum");
        var state = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        var ports = UpBenchmark.FreePorts(3);
        string[] up =
        [
            "up", "--master-port", $"{ports[0]}", "--marathon-port", $"{ports[1]}", "--agent-port", $"{ports[2]}",
            "--resources", "cpus:1000;mem:100000;disk:100000;ports:[31000-32000]",
        ];
        using var marathon = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[1]}") };
        using var agent = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[2]}") };
        await using var target = CheckTarget.Start();
        try
        {
            await UpBenchmark.RunScriptAsync(script, state, up);
            var idle = Megabytes(state);

            var watch = Stopwatch.StartNew();
            await PostAppAsync(marathon, target.Port);
            await HealthyAsync(marathon);
            yield return new BenchmarkRow($"agent: {Containers} checked containers from POST to all healthy", watch.Elapsed.TotalSeconds, "s");
            yield return new BenchmarkRow(
                "agent: memory of each, helpers and growth of the whole process", (Megabytes(state) - idle) / Containers, "MB", 2, LowerIsBetter: true);

            var process = Largest(state);
            var before = UpBenchmark.CpuSeconds(process);
            await Task.Delay(Watched);
            var used = (UpBenchmark.CpuSeconds(process) - before) / Watched.TotalSeconds * 100;
            yield return new BenchmarkRow($"agent: {Containers} HTTP checks at 1 s, the whole process", used, "% of a core", 10, LowerIsBetter: true);

            var container = await ContainerAsync(agent);
            var trips = new List<double>();
            for (var i = 0; i < Execs; i++)
            {
                watch.Restart();
                await ExecAsync(agent, container);
                trips.Add(watch.Elapsed.TotalMilliseconds);
            }

            yield return new BenchmarkRow($"agent: exec of 'true' through the API among {Containers} containers, p50", Medians.Of(trips), "ms", 100, LowerIsBetter: true);

            Process.GetProcessById(process).Kill();
            var recovery = await RecoveryAsync(agent, state, process);
            yield return new BenchmarkRow($"agent: recovery with {Containers} running containers after kill -9", recovery, "s", 3, LowerIsBetter: true);
            await HealthyAsync(marathon);
        }
        finally
        {
            await UpBenchmark.RunScriptAsync(script, state, "down");
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task PostAppAsync(HttpClient marathon, int port)
    {
        var body = new
        {
            id = App,
            cmd = "exec sleep 100000",
            cpus = 0.01,
            mem = 16,
            instances = Containers,
            healthChecks = new[] { new { protocol = "MESOS_HTTP", path = "/", port, intervalSeconds = 1, timeoutSeconds = 1, gracePeriodSeconds = 300 } },
        };
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var answer = await marathon.PostAsync("/v2/apps", content);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task HealthyAsync(HttpClient marathon)
    {
        while (true)
        {
            try
            {
                using var app = JsonDocument.Parse(await marathon.GetStringAsync($"/v2/apps{App}"));
                if (app.RootElement.GetProperty("app").GetProperty("tasksHealthy").GetInt32() == Containers)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not back yet after its kill.
            }

            await Task.Delay(Look);
        }
    }

    private static async Task<string> ContainerAsync(HttpClient agent)
    {
        using var containers = JsonDocument.Parse(await agent.GetStringAsync("/containers"));
        return containers.RootElement[0].GetProperty("container_id").GetString()!;
    }

    private static async Task ExecAsync(HttpClient agent, string container)
    {
        var call = new
        {
            type = "LAUNCH_NESTED_CONTAINER_SESSION",
            launch_nested_container_session = new
            {
                container_id = new { value = Guid.NewGuid().ToString(), parent = new { value = container } },
                command = new { value = "true" },
            },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1")
        {
            Content = new StringContent(JsonSerializer.Serialize(call), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/recordio"));
        request.Headers.TryAddWithoutValidation("Message-Accept", "application/json");
        using var answer = await agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null);
    }

    /// <summary>From the start of the next agent until it serves, in its own words.</summary>
    private static async Task<double> RecoveryAsync(HttpClient agent, string state, int killed)
    {
        while (true)
        {
            try
            {
                if (Largest(state) != killed)
                {
                    using var metrics = JsonDocument.Parse(await agent.GetStringAsync("/metrics/snapshot"));
                    return metrics.RootElement.GetProperty("slave/recovery_time_secs").GetDouble();
                }
            }
            catch (HttpRequestException)
            {
                // It is not up, or answers 503 while it recovers.
            }

            await Task.Delay(Look);
        }
    }

    /// <summary>plenumd among its supervisor and the containers' helpers.</summary>
    private static int Largest(string state) => UpBenchmark.ProcessesOf(state).MaxBy(ProportionalMegabytes);

    /// <summary>Pages that many processes share count once in all.</summary>
    private static double Megabytes(string state) => UpBenchmark.ProcessesOf(state).Sum(ProportionalMegabytes);

    internal static double ProportionalMegabytes(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/smaps_rollup").Where(static line => line.StartsWith("Pss:", StringComparison.Ordinal))
                .Sum(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024.0;
        }
        catch (IOException)
        {
            // It ended while the list was read.
            return 0;
        }
    }
}
