using System.Text.Json;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>An update that halts with its canary, with real processes, and kill -9 of everything at each of its steps.</summary>
public sealed class CanaryLife
{
    private const string App = """
        {"id": "/slow", "cmd": "exec sleep 100000", "cpus": 0.05, "mem": 32, "instances": 2, "env": {"GENERATION": "1"},
         "upgradeStrategy": {"canary": {"instances": 1}}, "taskKillGracePeriodSeconds": 1}
        """;

    [RootFact]
    public async Task A_canary_waits_through_kill_9_keeps_the_old_version_up_and_is_promoted_or_taken_back()
    {
        await using var cluster = await TestCluster.UpAsync();
        await using var events = await cluster.EventsAsync();
        var created = await cluster.SendAsync(HttpMethod.Post, "/v2/apps", App);
        await events.WaitForDeploymentAsync(created.GetProperty("deployments")[0].GetProperty("id").GetString()!);
        var old = await TasksAsync(cluster);
        var oldVersion = old[0].GetProperty("version").GetString();

        // 1. The update begins, and everything dies before its canary may run.
        var update = Id(await cluster.SendAsync(HttpMethod.Put, "/v2/apps/slow", """{"env": {"GENERATION": "2"}}"""));
        await cluster.KillServerAsync();
        await using (var first = await cluster.EventsAsync())
        {
            if (!IsReady(await DeploymentAsync(cluster, update)))
            {
                await first.WaitAsync("the canary is ready", e => e.GetProperty("eventType").GetString() == "deployment_canaries_ready");
            }

            Counts(await TasksAsync(cluster), oldVersion).ShouldBe((2, 1));

            // 2. An old instance ends while it waits: it is the old version that starts again.
            var killed = old[0].GetProperty("id").GetString()!;
            await cluster.SendAsync(HttpMethod.Post, "/v2/tasks/delete", $$"""{"ids": ["{{killed}}"]}""");
            await first.WaitAsync("the old version starts again", e => e.GetProperty("eventType").GetString() == "status_update_event"
                && e.GetProperty("taskStatus").GetString() == "TASK_RUNNING"
                && e.GetProperty("version").GetString() == oldVersion
                && !old.Exists(task => TaskId(task) == e.GetProperty("taskId").GetString()));
        }

        Counts(await TasksAsync(cluster), oldVersion).ShouldBe((2, 1));

        // 3. Taken back, and everything dies: what was there before is left alone.
        var served = (await TasksAsync(cluster)).Where(task => task.GetProperty("version").GetString() == oldVersion).Select(TaskId).Order().ToList();
        var back = Id(await cluster.SendAsync(HttpMethod.Post, $"/v2/deployments/{update}/revert", null));
        await cluster.KillServerAsync();
        await OverAsync(cluster, back);
        (await TasksAsync(cluster)).Select(TaskId).Order().ShouldBe(served);

        // 4. Again, promoted, and everything dies once more.
        update = Id(await cluster.SendAsync(HttpMethod.Put, "/v2/apps/slow", """{"env": {"GENERATION": "3"}}"""));
        await using (var second = await cluster.EventsAsync())
        {
            if (!IsReady(await DeploymentAsync(cluster, update)))
            {
                await second.WaitAsync("the canary is ready", e => e.GetProperty("eventType").GetString() == "deployment_canaries_ready");
            }
        }

        await cluster.SendAsync(HttpMethod.Post, $"/v2/deployments/{update}/promote", null);
        await cluster.KillServerAsync();
        await OverAsync(cluster, update);
        var tasks = await TasksAsync(cluster);
        tasks.Count.ShouldBe(2);
        tasks.Select(TaskId).ShouldAllBe(id => !served.Contains(id));
    }

    [RootFact]
    public async Task A_daemon_runs_once_on_each_agent()
    {
        await using var cluster = await TestCluster.UpAsync(agents: 2);
        await using var events = await cluster.EventsAsync();
        var created = await cluster.SendAsync(
            HttpMethod.Post, "/v2/apps", """{"id": "/every", "mode": "daemon", "cmd": "exec sleep 100000", "cpus": 0.05, "mem": 32}""");
        await events.WaitForDeploymentAsync(created.GetProperty("deployments")[0].GetProperty("id").GetString()!);

        // Agents are known by their offers, and the second one's may come after the deployment of the first.
        var running = (await TasksAsync(cluster, "/every")).Count(task => task.GetProperty("state").GetString() == "TASK_RUNNING");
        for (; running < 2; running++)
        {
            await events.WaitForTaskAsync("/every", "TASK_RUNNING");
        }

        var tasks = await TasksAsync(cluster, "/every");
        tasks.Select(task => task.GetProperty("slaveId").GetString()).Distinct().Count().ShouldBe(2);
        (await cluster.GetAsync("/v2/apps/every")).GetProperty("app").GetProperty("instances").GetInt32().ShouldBe(2);
        var (code, output) = await cluster.PlenumAsync("app", "scale", "/every", "5");
        code.ShouldBe(1, output);
        output.ShouldContain("daemon");
    }

    private static async Task<JsonElement> DeploymentAsync(TestCluster cluster, string id) =>
        (await cluster.GetAsync("/v2/deployments")).EnumerateArray().Single(deployment => deployment.GetProperty("id").GetString() == id);

    private static bool IsReady(JsonElement deployment) =>
        deployment.TryGetProperty("canaries", out var canaries) && canaries[0].GetProperty("waitsForPromotion").GetBoolean();

    private static async Task OverAsync(TestCluster cluster, string deployment)
    {
        await using var events = await cluster.EventsAsync();
        if ((await cluster.GetAsync("/v2/deployments")).EnumerateArray().Any(running => running.GetProperty("id").GetString() == deployment))
        {
            await events.WaitForDeploymentAsync(deployment, TimeSpan.FromMinutes(3));
        }
    }

    private static (int Old, int New) Counts(List<JsonElement> tasks, string? oldVersion)
    {
        var running = tasks.Where(task => task.GetProperty("state").GetString() == "TASK_RUNNING").ToList();
        var old = running.Count(task => task.GetProperty("version").GetString() == oldVersion);
        return (old, running.Count - old);
    }

    private static async Task<List<JsonElement>> TasksAsync(TestCluster cluster, string app = "/slow") =>
        [.. (await cluster.GetAsync($"/v2/apps{app}/tasks")).GetProperty("tasks").EnumerateArray()];

    private static string TaskId(JsonElement task) => task.GetProperty("id").GetString()!;

    private static string Id(JsonElement changed) => changed.GetProperty("deploymentId").GetString()!;
}
