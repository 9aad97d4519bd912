using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Compatibility.Tests;

/// <summary>The framework of examples/: its tasks outlive it, and the master, and it finds them again.</summary>
public sealed class ExampleFramework
{
    private static readonly TimeSpan LineLimit = TimeSpan.FromMinutes(2);

    [RootFact]
    public async Task It_finds_its_tasks_after_its_own_death_and_the_masters_and_tears_down()
    {
        await using var cluster = await TestCluster.UpAsync();
        string id;
        HashSet<string> tasks;
        using (var first = Keeper(cluster))
        {
            id = (await LineAsync(first, "connected "))["connected ".Length..];
            tasks = [await RunningAsync(first), await RunningAsync(first)];
            first.Kill();
            await first.WaitForExitAsync();
        }

        await cluster.KillServerAsync();

        using (var second = Keeper(cluster))
        {
            (await LineAsync(second, "connected "))["connected ".Length..].ShouldBe(id);
            (await LineAsync(second, "reconciled ")).ShouldBe("reconciled 2");
            second.Kill();
            await second.WaitForExitAsync();
        }

        (await TasksAsync(cluster, id)).ShouldBe(tasks, ignoreOrder: true);

        using var last = Keeper(cluster, "--teardown");
        await LineAsync(last, "torn down");
        await last.WaitForExitAsync();
        last.ExitCode.ShouldBe(0);
        (await TasksAsync(cluster, id)).ShouldBeEmpty();
    }

    private static Process Keeper(TestCluster cluster, params string[] more)
    {
        var built = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var program = Path.Combine(Repository.Root, "examples", "framework", "bin", built, "net10.0", "keeper");
        return Process.Start(new ProcessStartInfo(
            program,
            [$"http://127.0.0.1:{cluster.MasterPort}", Path.Combine(cluster.State, "keeper"), "2", "exec sleep 100000", .. more])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
    }

    private static async Task<string> RunningAsync(Process keeper) =>
        (await LineAsync(keeper, "TaskRunning ")).Split(' ')[1];

    private static async Task<string> LineAsync(Process keeper, string start)
    {
        using var timeout = new CancellationTokenSource(LineLimit);
        var said = new List<string>();
        while (await keeper.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            said.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the framework ended without '{start}'; it said: {string.Join(" | ", said)}");
    }

    private static async Task<IEnumerable<string>> TasksAsync(TestCluster cluster, string framework)
    {
        var state = await cluster.Master.GetFromJsonAsync<JsonElement>("/state");
        return [.. state.GetProperty("frameworks").EnumerateArray()
            .Where(f => f.GetProperty("id").GetString() == framework)
            .SelectMany(f => f.GetProperty("tasks").EnumerateArray())
            .Select(task => task.GetProperty("id").GetString()!)];
    }
}
