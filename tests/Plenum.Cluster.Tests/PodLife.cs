using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>A pod of two containers with real processes: what they share, and what becomes of them when the server dies.</summary>
public sealed class PodLife
{
    /// <summary>
    /// One container serves the shared volume; the other asks it over localhost and puts the answer into the volume,
    /// where only both together can make it appear.
    /// </summary>
    private const string Pair = """
        {
          "id": "/pair", "environment": {"GENERATION": "1"}, "volumes": [{"name": "www"}], "networks": [{"mode": "host"}],
          "containers": [
            {
              "name": "server", "resources": {"cpus": 0.1, "mem": 32}, "volumeMounts": [{"name": "www", "mountPath": "www"}],
              "exec": {"command": {"shell": "echo hello-$GENERATION > www/hello; exec busybox httpd -f -p $ENDPOINT_WEB -h www"}},
              "endpoints": [{"name": "web", "hostPort": 0, "protocol": ["tcp"]}],
              "healthCheck": {"http": {"endpoint": "web", "path": "/answer"}, "delaySeconds": 0, "gracePeriodSeconds": 60, "intervalSeconds": 5, "timeoutSeconds": 4},
              "lifecycle": {"killGracePeriodSeconds": 1}
            },
            {
              "name": "client", "resources": {"cpus": 0.1, "mem": 32}, "volumeMounts": [{"name": "www", "mountPath": "out"}],
              "exec": {"command": {"shell": "until busybox wget -q -O answer.tmp http://127.0.0.1:$ENDPOINT_WEB/hello; do sleep 0.1; done; cp answer.tmp out/answer; exec sleep 100000"}},
              "lifecycle": {"killGracePeriodSeconds": 1}
            }
          ]
        }
        """;

    [RootFact]
    public async Task A_pod_shares_volume_and_localhost_scales_updates_survives_kill_9_and_goes()
    {
        await using var cluster = await TestCluster.UpAsync();
        await using var events = await cluster.EventsAsync();
        using var http = new HttpClient();

        // 1. Created: it is stable when the health check found what the client fetched from the server.
        await events.WaitForDeploymentAsync(await ChangeAsync(cluster, HttpMethod.Post, "/v2/pods", Pair, HttpStatusCode.Created));
        var first = (await InstancesAsync(cluster)).Single();
        (await AnswerAsync(http, first)).ShouldBe("hello-1");
        first.GetProperty("status").GetString().ShouldBe("STABLE");

        // 2. Scaled: the first instance stays.
        var definition = JsonNode.Parse(Pair)!;
        definition["scaling"] = new JsonObject { ["kind"] = "fixed", ["instances"] = 2 };
        await events.WaitForDeploymentAsync(
            await ChangeAsync(cluster, HttpMethod.Put, "/v2/pods/pair", definition.ToJsonString(), HttpStatusCode.OK));
        (await InstancesAsync(cluster)).Select(Id).ShouldContain(Id(first));
        (await InstancesAsync(cluster)).Count.ShouldBe(2);

        // 3. Updated, and the machine loses master, orchestrator and agent in the middle.
        var before = (await InstancesAsync(cluster)).Select(Id).ToHashSet();
        definition["environment"]!["GENERATION"] = "2";
        var update = await ChangeAsync(cluster, HttpMethod.Put, "/v2/pods/pair", definition.ToJsonString(), HttpStatusCode.OK);
        await events.WaitForTaskAsync("/pair", "TASK_RUNNING");
        await cluster.KillServerAsync();
        await using var after = await cluster.EventsAsync();
        if ((await cluster.GetAsync("/v2/deployments")).EnumerateArray().Any(deployment => Id(deployment) == update))
        {
            await after.WaitForDeploymentAsync(update, TimeSpan.FromMinutes(3));
        }

        var updated = await InstancesAsync(cluster);
        updated.Count.ShouldBe(2);
        foreach (var instance in updated)
        {
            before.ShouldNotContain(Id(instance));
            (await AnswerAsync(http, instance)).ShouldBe("hello-2");
        }

        // 4. Killed by instance: the same one comes back, with all its containers.
        await cluster.SendAsync(HttpMethod.Delete, $"/v2/pods/pair::instances/{Id(updated[0])}", null);
        await after.WaitAsync("started again", e => e.GetProperty("eventType").GetString() == "instance_changed_event"
            && e.GetProperty("instanceId").GetString() == Id(updated[0]) && e.GetProperty("condition").GetString() == "Running");

        // 5. Deleted: nothing of it is left.
        await after.WaitForDeploymentAsync(await ChangeAsync(cluster, HttpMethod.Delete, "/v2/pods/pair", null, HttpStatusCode.Accepted));
        (await cluster.GetAsync("/v2/pods")).GetArrayLength().ShouldBe(0);
    }

    /// <summary>The id of the deployment, which for pods stands in a header.</summary>
    private static async Task<string> ChangeAsync(TestCluster cluster, HttpMethod method, string path, string? json, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await cluster.Marathon.SendAsync(request);
        response.StatusCode.ShouldBe(expected, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("Marathon-Deployment-Id").Single();
    }

    private static async Task<List<JsonElement>> InstancesAsync(TestCluster cluster) =>
        [.. (await cluster.GetAsync("/v2/pods/pair::status")).GetProperty("instances").EnumerateArray()];

    private static async Task<string> AnswerAsync(HttpClient http, JsonElement instance)
    {
        var server = instance.GetProperty("containers").EnumerateArray().Single(container => container.GetProperty("name").GetString() == "server");
        var port = server.GetProperty("endpoints")[0].GetProperty("allocatedHostPort").GetInt32();
        return (await http.GetStringAsync($"http://127.0.0.1:{port}/answer")).Trim();
    }

    private static string Id(JsonElement element) => element.GetProperty("id").GetString()!;
}
