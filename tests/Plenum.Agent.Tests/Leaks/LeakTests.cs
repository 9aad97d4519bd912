using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Networking;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

public sealed class LeakTests
{
    /// <summary>Tasks and pods in a usual run, six of each sort; <c>PLENUM_LEAK_LAUNCHES</c> sets another number.</summary>
    private const int UsualLaunches = 42;

    [NetworkFact]
    public async Task Many_launches_and_kills_leave_no_process_mount_cgroup_namespace_device_rule_file_or_open_descriptor()
    {
        var launches = int.TryParse(System.Environment.GetEnvironmentVariable("PLENUM_LEAK_LAUNCHES"), CultureInfo.InvariantCulture, out var asked)
            ? asked
            : UsualLaunches;
        var work = Directory.CreateTempSubdirectory("plenum-leaks-").FullName;
        var away = Directory.CreateTempSubdirectory("plenum-away-").FullName;
        var layout = TestImage.Create(Path.Join(away, "layout"), [], TestImage.BusyboxLayer);
        var shared = Directory.CreateDirectory(Path.Join(away, "shared")).FullName;
        await using var master = await FakeMaster.StartAsync();
        using var agent = ChildAgent.Start(master.Address, work, Directory.CreateDirectory(Path.Join(away, "networks")).FullName);
        await master.RegistrationAsync();
        var runs = new Launches(master, layout, shared);
        try
        {
            // What is made with the first container of a sort and kept for the next: image layers, the bridge, open logs.
            await runs.RunAsync(Launches.Sorts);
            var before = await EmptyAsync(agent.Id, work, runs);

            await runs.RunAsync(launches);

            await AgreeAsync(agent.Id, work, runs, before);
        }
        finally
        {
            await agent.KillAsync();
            await AgentCleanup.RemoveContainersAsync(work, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
            Directory.Delete(work, recursive: true);
            Directory.Delete(away, recursive: true);
        }

        NetworkTraces.Of(work).ShouldBeEmpty();
    }

    // A task is reported as ended before its container is taken down: the last of that is waited for.
    private static async Task<AgentTraces> EmptyAsync(int agent, string work, Launches runs)
    {
        var waited = Patience.Token();
        while (true)
        {
            var now = AgentTraces.Take(agent, work, runs.Containers);
            var left = now.Named.Where(trace => runs.Containers.Any(id => trace.Contains(id, StringComparison.Ordinal))).ToArray();
            if (left.Length == 0)
            {
                return now;
            }

            waited.IsCancellationRequested.ShouldBeFalse($"The first launches left: {Lines(left)}");
            await Task.Yield();
        }
    }

    private static async Task AgreeAsync(int agent, string work, Launches runs, AgentTraces before)
    {
        var waited = Patience.Token();
        while (AgentTraces.Take(agent, work, runs.Containers).Since(before) is { Count: > 0 } left)
        {
            waited.IsCancellationRequested.ShouldBeFalse($"{runs.Containers.Count} containers left: {Lines(left)}");
            await Task.Yield();
        }
    }

    private static string Lines(IEnumerable<string> lines) => new StringBuilder().AppendJoin('\n', lines.Prepend("")).ToString();
}
