using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Plenum.Cluster.Tests.Harness;

/// <summary>
/// A cluster as ./plenum up makes it, on free ports and a state directory of its own. The processes under
/// it are real; the test kills them as a machine would.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    private TestCluster(string state, int[] ports, int agents)
    {
        State = state;
        Agents = agents;
        (MasterPort, MarathonPort, MetronomePort, AgentPort) = (ports[0], ports[1], ports[2], ports[3]);
        Marathon = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{MarathonPort}"),
            Timeout = TimeSpan.FromMinutes(2),
        };
        Metronome = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{MetronomePort}"), Timeout = TimeSpan.FromMinutes(2) };
        Master = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{MasterPort}"), Timeout = TimeSpan.FromMinutes(2) };
    }

    public string State { get; }

    public int Agents { get; }

    public int MasterPort { get; }

    public int MarathonPort { get; }

    public int MetronomePort { get; }

    public int AgentPort { get; }

    public HttpClient Marathon { get; }

    public HttpClient Metronome { get; }

    public HttpClient Master { get; }

    public static async Task<TestCluster> UpAsync(int agents = 1, string? state = null)
    {
        state ??= Directory.CreateTempSubdirectory("plenum-cluster-").FullName;
        var cluster = new TestCluster(state, FreePorts(4, agents), agents);
        try
        {
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>./plenum up with this cluster's ports; returns what it printed.</summary>
    public async Task<(int Code, string Output)> StartAsync() => await ScriptAsync(
        StartLimit,
        "up", "--master-port", $"{MasterPort}", "--marathon-port", $"{MarathonPort}", "--metronome-port", $"{MetronomePort}", "--agent-port", $"{AgentPort}",
        "--agents", $"{Agents}");

    /// <summary>./plenum with words of the command line, against this cluster.</summary>
    public Task<(int Code, string Output)> PlenumAsync(params string[] words) => ScriptAsync(StartLimit, words);

    /// <summary>A line for bash in the repository's root, against this cluster.</summary>
    public Task<(int Code, string Output)> ShellAsync(string line) => RunAsync(StartLimit, "bash", "-c", line);

    public Task<MarathonEvents> EventsAsync() => MarathonEvents.OpenAsync(Marathon.BaseAddress!, CancellationToken.None);

    public async Task<JsonElement> GetAsync(string path) => await Marathon.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Sends a JSON body and insists on success; returns the answer's JSON.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await Marathon.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The plenumd that runs now, by the supervisor's child list: the test's own processes only.</summary>
    public int ServerPid()
    {
        var supervisor = int.Parse(File.ReadAllText(Path.Combine(State, "run", "supervisor.pid")));
        var children = File.ReadAllText($"/proc/{supervisor}/task/{supervisor}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Select(int.Parse).Single(pid => File.ReadAllText($"/proc/{pid}/comm").Trim() == "plenumd");
    }

    /// <summary>kill -9, then wait until the supervisor's next plenumd answers.</summary>
    public async Task KillServerAsync()
    {
        var pid = ServerPid();
        using var process = Process.GetProcessById(pid);
        process.Kill();
        await process.WaitForExitAsync();
        await AnswersAsync();
    }

    /// <summary>Asks until Marathon and Metronome answer; the bound is the point, not the pace.</summary>
    public async Task AnswersAsync()
    {
        var until = Stopwatch.StartNew();
        using var client = new HttpClient { BaseAddress = Marathon.BaseAddress, Timeout = TimeSpan.FromSeconds(2) };
        while (true)
        {
            try
            {
                using var response = await client.GetAsync("/v2/info");
                using var jobs = await client.GetAsync(new Uri(Metronome.BaseAddress!, "/ping"));
                if (response.IsSuccessStatusCode && jobs.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                if (until.Elapsed > StartLimit)
                {
                    throw new TimeoutException($"no answer after {StartLimit}; log: {Log()}", e);
                }
            }
        }
    }

    public string Log()
    {
        var path = Path.Combine(State, "logs", "plenumd.log");
        return File.Exists(path) ? string.Join('\n', File.ReadLines(path).TakeLast(40)) : "(no log)";
    }

    public async ValueTask DisposeAsync()
    {
        Marathon.Dispose();
        Metronome.Dispose();
        Master.Dispose();
        var (code, output) = await ScriptAsync(StartLimit, "down");
        code.ShouldBe(0, output);
        Directory.Delete(State, recursive: true);
    }

    private static int[] FreePorts(int count, int agents)
    {
        // Agents listen on consecutive ports from the last one on, so that one starts a free run.
        while (true)
        {
            var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
            try
            {
                listeners.ForEach(l => l.Start());
                var ports = listeners.ConvertAll(l => ((IPEndPoint)l.LocalEndpoint).Port);
                for (var i = 1; i < agents; i++)
                {
                    var next = new TcpListener(IPAddress.Loopback, ports[^1] + i);
                    listeners.Add(next);
                    next.Start();
                }

                return [.. ports];
            }
            catch (SocketException)
            {
                // A neighbour port is taken: draw again.
            }
            finally
            {
                listeners.ForEach(l => l.Stop());
            }
        }
    }

    private Task<(int Code, string Output)> ScriptAsync(TimeSpan limit, params string[] words) =>
        RunAsync(limit, Path.Combine(Repository.Root, "plenum"), words);

    private async Task<(int Code, string Output)> RunAsync(TimeSpan limit, string program, params string[] words)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["PLENUM_STATE"] = State;
        start.Environment["PLENUM_MASTER_URL"] = $"http://127.0.0.1:{MasterPort}";
        start.Environment["PLENUM_MARATHON_URL"] = $"http://127.0.0.1:{MarathonPort}";
        start.Environment["PLENUM_METRONOME_URL"] = $"http://127.0.0.1:{MetronomePort}";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', words)} did not return within {limit}; log: {Log()}", e);
        }

        return (process.ExitCode, await output + await error);
    }
}
