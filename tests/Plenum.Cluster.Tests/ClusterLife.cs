using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>The first hour of a newcomer, with real processes and real containers.</summary>
public sealed class ClusterLife
{
    /// <summary>The example, with a patient check: how soon a busy machine answers is not what these tests are about.</summary>
    private static string WebApp
    {
        get
        {
            var app = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "examples", "web.json")))!;
            app["healthChecks"]![0]!["timeoutSeconds"] = 20;
            return app.ToJsonString();
        }
    }

    [RootFact]
    public async Task A_web_app_is_added_reached_scaled_updated_and_survives_kill_9_of_everything()
    {
        await using var cluster = await TestCluster.UpAsync();
        await using var events = await cluster.EventsAsync();
        var definition = JsonNode.Parse(WebApp)!.AsObject();
        var app = definition["id"]!.GetValue<string>();
        app = app.StartsWith('/') ? app : "/" + app;

        var created = await cluster.SendAsync(HttpMethod.Post, "/v2/apps", WebApp);
        await events.WaitForDeploymentAsync(created.GetProperty("deployments")[0].GetProperty("id").GetString()!);
        var port = (await TasksAsync(cluster, app)).First().GetProperty("ports")[0].GetInt32();
        using var http = new HttpClient();
        (await http.GetStringAsync($"http://127.0.0.1:{port}/")).ShouldNotBeEmpty();

        var scaled = await cluster.SendAsync(HttpMethod.Put, $"/v2/apps{app}", """{"instances":5}""");
        await events.WaitForDeploymentAsync(DeploymentId(scaled));
        (await TasksAsync(cluster, app)).Count.ShouldBe(5);

        var before = (await TasksAsync(cluster, app)).Select(Id).ToHashSet();
        await using (var client = await SteadyClient.StartAsync(cluster.Marathon.BaseAddress!, app))
        {
            var env = definition["env"]?.DeepClone().AsObject() ?? [];
            env["GENERATION"] = "2";
            var update = await cluster.SendAsync(
                HttpMethod.Put, $"/v2/apps{app}", new JsonObject { ["env"] = env }.ToJsonString());
            // The update is under way: the first new task runs. Now the machine loses master and agent.
            await events.WaitForTaskAsync(app, "TASK_RUNNING");
            await cluster.KillServerAsync();

            await using var after = await cluster.EventsAsync();
            if (await IsRunningAsync(cluster, DeploymentId(update)))
            {
                await after.WaitForDeploymentAsync(DeploymentId(update), TimeSpan.FromMinutes(3));
            }

            client.Failures.ShouldBeEmpty();
            client.Succeeded.ShouldBeGreaterThan(0);
        }

        var tasks = await TasksAsync(cluster, app);
        tasks.Count.ShouldBe(5);
        tasks.Select(Id).ShouldAllBe(id => !before.Contains(id));
        tasks.ShouldAllBe(t => t.GetProperty("state").GetString() == "TASK_RUNNING");
    }

    [RootFact]
    public async Task Kill_9_of_master_and_agent_does_not_touch_a_running_task()
    {
        await using var cluster = await TestCluster.UpAsync();
        await using var events = await cluster.EventsAsync();
        await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/sleeper","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
        await events.WaitForTaskAsync("/sleeper", "TASK_RUNNING");
        var before = (await TasksAsync(cluster, "/sleeper")).Single();

        await cluster.KillServerAsync();

        await using var reopened = await cluster.EventsAsync();
        var after = (await TasksAsync(cluster, "/sleeper")).Single();
        Id(after).ShouldBe(Id(before));
        after.GetProperty("startedAt").GetString().ShouldBe(before.GetProperty("startedAt").GetString());

        // The task is not only listed: it can still be killed, and its replacement starts.
        await cluster.SendAsync(HttpMethod.Delete, $"/v2/apps/sleeper/tasks/{Id(after)}", null);
        await reopened.WaitForTaskAsync("/sleeper", "TASK_KILLED");
        await reopened.WaitForTaskAsync("/sleeper", "TASK_RUNNING");
    }

    [RootFact]
    public async Task A_second_up_says_that_the_cluster_runs_and_down_leaves_nothing_behind()
    {
        var machine = MachineTraces.Take();
        await using (var cluster = await TestCluster.UpAsync())
        {
            await using var events = await cluster.EventsAsync();
            await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/sleeper","cmd":"exec sleep 100000","cpus":0.1,"mem":32,"instances":3}""");
            await events.WaitForTaskAsync("/sleeper", "TASK_RUNNING");

            var (code, output) = await cluster.StartAsync();
            code.ShouldBe(0);
            output.ShouldContain("already running");
        }

        MachineTraces.Take().Since(machine).ShouldBeEmpty();
    }

    private static async Task<List<JsonElement>> TasksAsync(TestCluster cluster, string app) =>
        [.. (await cluster.GetAsync($"/v2/apps{app}/tasks")).GetProperty("tasks").EnumerateArray()];

    private static async Task<bool> IsRunningAsync(TestCluster cluster, string deployment) =>
        (await cluster.GetAsync("/v2/deployments")).EnumerateArray().Any(d => Id(d) == deployment);

    private static string DeploymentId(JsonElement result) => result.GetProperty("deploymentId").GetString()!;

    private static string Id(JsonElement task) => task.GetProperty("id").GetString()!;
}
