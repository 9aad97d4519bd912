using System.Text.Json;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Metrics;

/// <summary>The agent's names of mesos.md 7, each there from the first moment, and values that follow what happens.</summary>
public sealed class MetricNamesTests
{
    [Fact]
    public async Task Every_name_that_dashboards_ask_for_is_there_from_the_start_and_the_same_over_both_APIs()
    {
        await using var fixture = await AgentFixture.StartAsync();
        using var metrics = JsonDocument.Parse(await fixture.GetAsync("metrics/snapshot"));
        Names().Where(name => !metrics.RootElement.TryGetProperty(name, out _)).ShouldBeEmpty();
        var called = await fixture.CallAsync(new Call { Type = Call.Types.Type.GetMetrics });
        called.GetMetrics.Metrics.Select(static metric => metric.Name)
            .ShouldBe(metrics.RootElement.EnumerateObject().Select(static member => member.Name));
    }

    [Fact]
    public async Task They_follow_what_tasks_and_fetches_do()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with { Resources = "cpus:4;mem:512" });
        fixture.Master.Run(FakeMaster.Task("good", "true"));
        await fixture.Master.UpdateAsync("good", TaskState.TaskFinished);
        fixture.Master.Run(FakeMaster.Task("unfetched", "true", static task => task.Command.Uris.Add(
            new CommandInfo.Types.URI { Value = "/no/such/file/anywhere" })));
        await Should.ThrowAsync<InvalidOperationException>(() => fixture.Master.UpdateAsync("unfetched", TaskState.TaskRunning));
        await fixture.RunUpAsync(FakeMaster.Task("up", "sleep 1000", static task => task.Resources.Add(new Resource
        {
            Name = "cpus", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 1 },
        })));
        using var metrics = JsonDocument.Parse(await fixture.GetAsync("metrics/snapshot"));
        foreach (var (name, value) in ((string, double)[])
        [
            ("slave/tasks_finished", 1), ("slave/tasks_failed", 1), ("slave/tasks_running", 1), ("slave/tasks_killed", 0),
            ("slave/executors_terminated", 2), ("slave/executors_running", 1), ("slave/container_launch_errors", 1),
            ("containerizer/fetcher/task_fetches_failed", 1), ("containerizer/fetcher/task_fetches_succeeded", 0),
            ("slave/cpus_total", 4), ("slave/cpus_used", 1), ("slave/cpus_percent", 0.25), ("slave/cpus_revocable_total", 0),
            ("slave/registered", 1), ("slave/frameworks_active", 1),
        ])
        {
            metrics.RootElement.GetProperty(name).GetDouble().ShouldBe(value, name);
        }
    }

    private static IEnumerable<string> Names()
    {
        foreach (var name in (string[])["cpus", "gpus", "mem", "disk"])
        {
            foreach (var part in (string[])["total", "used", "percent"])
            {
                yield return $"slave/{name}_{part}";
                yield return $"slave/{name}_revocable_{part}";
            }
        }

        var rest = """
            slave/registered slave/uptime_secs slave/frameworks_active slave/executors_registering slave/executors_running
            slave/executors_terminating slave/executors_terminated slave/tasks_staging slave/tasks_starting slave/tasks_running
            slave/tasks_killing slave/tasks_finished slave/tasks_failed slave/tasks_killed slave/tasks_lost slave/tasks_gone
            slave/container_launch_errors slave/recovery_errors slave/recovery_time_secs
            slave/executor_directory_max_allowed_age_secs slave/valid_status_updates slave/invalid_status_updates
            slave/valid_framework_messages slave/invalid_framework_messages gc/path_removals_pending
            gc/path_removals_succeeded gc/path_removals_failed containerizer/mesos/container_destroy_errors
            containerizer/fetcher/task_fetches_succeeded containerizer/fetcher/task_fetches_failed
            containerizer/fetcher/cache_size_total_bytes containerizer/fetcher/cache_size_used_bytes
            system/cpus_total system/load_1min system/load_5min system/load_15min system/mem_total_bytes system/mem_free_bytes
            """;
        foreach (var name in rest.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return name;
        }
    }
}
