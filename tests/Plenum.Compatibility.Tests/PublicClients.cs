using System.Net.Http.Json;
using System.Text.Json;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Compatibility.Tests;

/// <summary>Clients that others wrote for Apache Mesos and Marathon, unchanged, against a real cluster.</summary>
public sealed class PublicClients
{
    [RootFact]
    public async Task The_node_framework_launches_kills_relaunches_reconciles_and_tears_down()
    {
        await using var cluster = await TestCluster.UpAsync();
        var logs = Directory.CreateDirectory(Path.Combine(cluster.State, "logs", "client")).FullName;
        using var client = await NodeClient.StartAsync("scheduler.cjs", "127.0.0.1", $"{cluster.MasterPort}", logs);

        var framework = (await client.WaitAsync("subscribed")).GetProperty("frameworkId").GetString();
        var offer = (await client.WaitAsync("offers")).GetProperty("offers")[0];
        offer.GetProperty("url").GetProperty("address").GetProperty("ip").GetString().ShouldBe("127.0.0.1");
        await client.WaitAsync("sent_acknowledge");
        await client.WaitAsync("update", said => StateOf(said) == "TASK_KILLED");
        var running = (await client.WaitAsync("reconciling")).GetProperty("running").EnumerateArray()
            .Select(id => id.GetString()).ToHashSet();
        running.Count.ShouldBe(2);
        for (var answers = 0; answers < running.Count; answers++)
        {
            var update = await client.WaitAsync("update", said => StateOf(said) == "TASK_RUNNING");
            var status = update.GetProperty("status");
            status.GetProperty("reason").GetString().ShouldBe("REASON_RECONCILIATION");
            running.ShouldContain(status.GetProperty("task_id").GetProperty("value").GetString());
        }

        (await client.ExitAsync()).ShouldBe(0);
        var state = await cluster.Master.GetFromJsonAsync<JsonElement>("/state");
        state.GetProperty("frameworks").EnumerateArray().ShouldNotContain(f => IdOf(f) == framework);
        var completed = state.GetProperty("completed_frameworks").EnumerateArray().Single(f => IdOf(f) == framework);
        completed.GetProperty("completed_tasks").GetArrayLength().ShouldBe(3);
    }

    [RootFact]
    public async Task The_dashboard_client_reads_and_streams()
    {
        await using var cluster = await TestCluster.UpAsync();
        using var client = await NodeClient.StartAsync(
            "operator.cjs", $"http://127.0.0.1:{cluster.MasterPort}/api/v1", "TASK_ADDED");

        var agents = (await client.WaitAsync("answer")).GetProperty("answer").GetProperty("get_agents").GetProperty("agents");
        agents.GetArrayLength().ShouldBe(1);
        agents[0].GetProperty("active").GetBoolean().ShouldBeTrue();
        var subscribed = (await client.WaitAsync("event")).GetProperty("event");
        subscribed.GetProperty("type").GetString().ShouldBe("SUBSCRIBED");
        subscribed.GetProperty("subscribed").GetProperty("get_state").TryGetProperty("get_agents", out _).ShouldBeTrue();

        await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/seen","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
        var added = await client.WaitAsync("event", said => said.GetProperty("event").GetProperty("type").GetString() == "TASK_ADDED");
        added.GetProperty("event").GetProperty("task_added").GetProperty("task").GetProperty("name").GetString().ShouldBe("seen");
        (await client.ExitAsync()).ShouldBe(0);
    }

    [RootFact]
    public async Task The_event_bus_client_hears_deployments_and_tasks_and_comes_back_after_a_kill_9()
    {
        await using var cluster = await TestCluster.UpAsync();
        using var client = await NodeClient.StartAsync(
            "events.cjs", "127.0.0.1", $"{cluster.MarathonPort}", "deployment_info", "deployment_success", "status_update_event", "app_terminated_event");
        await client.WaitAsync("subscribed");

        var created = await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/heard","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
        var deployment = created.GetProperty("deployments")[0].GetProperty("id").GetString();
        (await HeardAsync(client, "deployment_info")).GetProperty("plan").GetProperty("id").GetString().ShouldBe(deployment);
        var running = await HeardAsync(client, "status_update_event", said => said.GetProperty("taskStatus").GetString() == "TASK_RUNNING");
        running.GetProperty("appId").GetString().ShouldBe("/heard");
        (await HeardAsync(client, "deployment_success")).GetProperty("id").GetString().ShouldBe(deployment);

        // The library subscribes again by itself once there is somebody to subscribe to.
        await cluster.KillServerAsync();
        await client.WaitAsync("subscribed");
        await cluster.SendAsync(HttpMethod.Delete, "/v2/apps/heard", null);
        (await HeardAsync(client, "app_terminated_event")).GetProperty("appId").GetString().ShouldBe("/heard");
    }

    private static async Task<JsonElement> HeardAsync(NodeClient client, string type, Func<JsonElement, bool>? fits = null)
    {
        var said = await client.WaitAsync("event", said =>
            said.GetProperty("type").GetString() == type && (fits is null || fits(said.GetProperty("event"))));
        said.GetProperty("event").GetProperty("eventType").GetString().ShouldBe(type);
        return said.GetProperty("event");
    }

    private static string? StateOf(JsonElement said) => said.GetProperty("status").GetProperty("state").GetString();

    private static string? IdOf(JsonElement framework) => framework.GetProperty("id").GetString();
}
