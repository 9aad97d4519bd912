using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Plenum.Benchmarks.Reporting;

namespace Plenum.Benchmarks.Cluster;

/// <summary>What an agent without containers costs in a process of its own; the master is another one.</summary>
internal static class IdleAgent
{
    /// <summary>What the start and the registration set off has settled by then.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            yield break;
        }

        var program = Path.Combine(UpBenchmark.FindRoot(), "src/Plenum.Server/bin/Release/net10.0/plenumd");
        var state = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        var ports = UpBenchmark.FreePorts(3);
        List<Process> processes = [];
        try
        {
            processes.Add(Start(program, "master", "--state", state, "--master-port", $"{ports[0]}", "--marathon-port", $"{ports[1]}"));
            var agent = Start(program, "agent", "--state", state, "--master-port", $"{ports[0]}", "--agent-port", $"{ports[2]}");
            processes.Add(agent);
            await RegisteredAsync(ports[0], processes);
            await Task.Delay(Settle);
            var before = UpBenchmark.CpuSeconds(agent.Id);
            await Task.Delay(Settle);
            var used = (UpBenchmark.CpuSeconds(agent.Id) - before) / Settle.TotalSeconds * 100;
            yield return new BenchmarkRow(
                "agent: memory of one without containers, resident", UpBenchmark.ResidentMegabytes(agent.Id), "MB", 60, LowerIsBetter: true);
            yield return new BenchmarkRow(
                "agent: the same, pages shared with other processes counted in part", AgentBenchmark.ProportionalMegabytes(agent.Id), "MB");
            yield return new BenchmarkRow("agent: its processor use", used, "% of a core");
        }
        finally
        {
            foreach (var process in processes)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }

            using var clean = Start(program, "clean", "--state", state);
            await clean.WaitForExitAsync();
            Directory.Delete(state, recursive: true);
        }
    }

    /// <summary>Its log is read to the end by threads of .NET, so that it never waits for a full pipe.</summary>
    private static Process Start(string program, params string[] words)
    {
        var process = Process.Start(new ProcessStartInfo(program, words) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RegisteredAsync(int port, List<Process> processes)
    {
        using var master = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
        while (true)
        {
            if (processes.Find(static process => process.HasExited) is { } ended)
            {
                throw new InvalidOperationException($"{ended.StartInfo.FileName} {string.Join(' ', ended.StartInfo.ArgumentList)} ended with {ended.ExitCode}");
            }

            try
            {
                using var answer = JsonDocument.Parse(await master.GetStringAsync("/slaves"));
                if (answer.RootElement.GetProperty("slaves").GetArrayLength() == 1)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is not up yet, or the agent has not registered.
            }

            await Task.Delay(Look);
        }
    }
}
