using System.Text.Json.Nodes;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Tests.Definitions;

namespace Plenum.Marathon.Tests.Api;

/// <summary>
/// The examples of Marathon's documentation against what this API answers: no member that a client may have learned
/// to read there is missing here.
/// </summary>
public sealed class SharedAnswersShould
{
    [SharedDataFact]
    public async Task Have_every_member_of_the_documented_info()
    {
        await using var host = await ApiHost.StartAsync();

        var info = (await host.GetAsync("/v2/info")).Json;

        var example = Example("info.json");
        Missing(example, info).ShouldBeEmpty();
        foreach (var part in new[] { "marathon_config", "zookeeper_config", "http_config" })
        {
            Missing(example[part]!, info[part]!).ShouldBeEmpty();
        }
    }

    [SharedDataFact]
    public async Task Have_every_member_of_the_documented_tasks_deployments_and_queue()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        host.Marathon.Run("/web", "h1");
        var web = PathId.Parse("/web");
        var step = new DeploymentStep([new DeploymentAction(ActionKind.Scale, web, [])]);
        var app = host.Marathon.Snapshot.Root.FindApp(web)!;
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Deployments = [new RunningDeployment(host.Marathon.Plan(app.Version, step), 1, step.Actions, [])],
            Queue =
            [
                new QueueItem
                {
                    Spec = app,
                    Role = "*",
                    Count = 1,
                    Since = FakeMarathon.Start,
                    DelayedUntil = FakeMarathon.Start,
                    ProcessedOffers = 1,
                    UnusedOffers = 1,
                    RejectSummaryLastOffers = [],
                    RejectSummaryLaunchAttempt = [],
                    LastUnusedOffers = [],
                },
            ],
        };

        Missing(Example("tasks.json")["tasks"]![0]!, (await host.GetAsync("/v2/tasks")).Json["tasks"]![0]!).ShouldBeEmpty();
        Missing(Example("deployments.json")[0]!, (await host.GetAsync("/v2/deployments")).Json[0]!).ShouldBeEmpty();
        var item = (await host.GetAsync("/v2/queue?embed=lastUnusedOffers")).Json["queue"]![0]!;
        Missing(Example("queue.json")["queue"]![0]!, item).ShouldBeEmpty();
        item["delay"]!["overdue"]!.GetValue<bool>().ShouldBeTrue();
    }

    /// <summary>Written before 1.5: what was only a second form of other members is not answered any more, and absent is not null.</summary>
    [SharedDataFact]
    public async Task Have_every_member_of_the_documented_list_of_apps_that_today_has()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web", """
            , "env": {"A": "1"}, "constraints": [["hostname", "UNIQUE"]], "acceptedResourceRoles": ["*"],
            "user": "root", "args": null, "container": {"type": "MESOS"}
            """);

        var app = (await host.GetAsync("/v2/apps")).Json["apps"]![0]!;

        Missing(Example("app_list.json")["apps"]![0]!, app)
            .ShouldBe(["args", "uris", "ports", "healthChecks", "dependencies"], ignoreOrder: true);
    }

    [SharedDataFact]
    public async Task Have_every_member_of_the_documented_answers_to_a_kill_a_deployment_and_a_dry_run()
    {
        await using var host = await ApiHost.StartAsync();
        var created = await host.CreateAsync("/web");
        var task = host.Marathon.Run("/web", "h1")[0].TaskId;

        Missing(Example("app_task.json")["task"]!, (await host.SendAsync("DELETE", $"/v2/apps/web/tasks/{task}")).Json["task"]!)
            .ShouldBeEmpty();
        Missing(Example("app_tasks.json")["tasks"]![0]!, (await host.SendAsync("DELETE", "/v2/apps/web/tasks")).Json["tasks"]![0]!)
            .ShouldBeEmpty();
        Missing(Example("deployments_result.json"), (await host.SendAsync("PUT", "/v2/apps/web", """{"instances": 2}""")).Json)
            .ShouldBeEmpty();
        created.Headers.Keys.ShouldContain("Marathon-Deployment-Id");
    }

    [SharedDataFact]
    public void Have_every_member_of_the_documented_steps_and_events()
    {
        var app = PathId.Parse("/web");
        var version = Timestamp.From(FakeMarathon.Start);
        var plan = new DeploymentPlan
        {
            Id = "1",
            Version = version,
            Steps = [new DeploymentStep([new DeploymentAction(ActionKind.Start, app, [])]), new DeploymentStep([new DeploymentAction(ActionKind.Scale, app, [])])],
            Services = [],
            Groups = [],
        };
        Rendered(writer => Plenum.Marathon.Api.Deployments.DeploymentView.WriteDryRun(writer, plan)).ToJsonString()
            .ShouldBe(Example("deployment_steps.json").ToJsonString().Replace("/tools/oauth-server", "/web"));

        var events = Text("events.txt").Split('\n')
            .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line["data: ".Length..])!)
            .ToList();
        events.Count.ShouldBe(3);
        foreach (var example in events)
        {
            MarathonEvent happened = example["eventType"]!.GetValue<string>() == "event_stream_attached"
                ? new MarathonEvent.StreamAttached(FakeMarathon.Start, "127.0.0.1")
                : new MarathonEvent.StatusUpdate(FakeMarathon.Start, "a", "t", "TASK_FAILED", "m", app, "h", [], [1], version);
            Missing(example, Rendered(writer => Plenum.Marathon.Api.Events.EventView.Write(writer, happened))).ShouldBeEmpty();
        }
    }

    [SharedDataTheory]
    [InlineData("pod.json")]
    [InlineData("system/pods-simple-pod.json")]
    [InlineData("system/pods-ephemeral-volume-pod.json")]
    [InlineData("system/pods-ports-pod.json")]
    [InlineData("system/pods-container-bridge-pod.json")]
    public async Task Take_every_documented_pod_and_give_it_back_with_all_that_it_said(string file)
    {
        await using var host = await ApiHost.StartAsync();

        // The documentation's example has a check that its own rules refuse: its timeout is longer than its interval.
        var example = Example(file);
        if (example["containers"]![0]!["healthCheck"] is { } check && file == "pod.json")
        {
            (await host.SendAsync("POST", "/v2/pods", Text(file))).Status.ShouldBe(422);
            check["intervalSeconds"] = 21;
        }

        var created = await host.SendAsync("POST", "/v2/pods", example.ToJsonString());
        created.Status.ShouldBe(201, created.Body);
        var id = example["id"]!.GetValue<string>();
        var read = await host.GetAsync($"/v2/pods/{id}");

        Lost(example, read.Json, "").ShouldBeEmpty();

        // What was read is a request again, and changes nothing.
        (await host.SendAsync("PUT", $"/v2/pods{id}", read.Body)).Json.ToJsonString().ShouldBe(read.Json.ToJsonString());
    }

    private static double Number(JsonNode node) => double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    // Numbers are compared as numbers: a whole one may gain ".0"; enumerations may change their case.
    private static IEnumerable<string> Lost(JsonNode? example, JsonNode? actual, string path) => (example, actual) switch
    {
        (null or JsonObject { Count: 0 }, _) => [],
        (_, null) => [path],
        (JsonObject members, JsonObject others) => members.SelectMany(member => Lost(member.Value, others[member.Key], $"{path}/{member.Key}")),
        (JsonArray items, JsonArray others) => items.Count == others.Count
            ? items.SelectMany((item, i) => Lost(item, others[i], $"{path}({i})"))
            : [path],
        _ when example.GetValueKind() == System.Text.Json.JsonValueKind.Number =>
            Number(example).Equals(Number(actual)) ? [] : [path],
        _ => string.Equals(example.ToJsonString(), actual.ToJsonString(), StringComparison.OrdinalIgnoreCase) ? [] : [path],
    };

    [SharedDataFact]
    public async Task Take_and_give_back_a_thousand_apps()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("POST", "/v2/groups", Text("large/group-1000.json"))).Status.ShouldBe(201);
        var group = await host.GetAsync("/v2/groups/cudcos");

        group.Json["apps"]!.AsArray().Count.ShouldBe(1000);

        // What was read is a request again, and changes nothing.
        var version = host.Marathon.Snapshot.SpecVersions[PathId.Parse("/cudcos/mactest1")][0].Version;
        (await host.SendAsync("PUT", "/v2/groups/cudcos", group.Body)).Status.ShouldBe(200);
        host.Marathon.Snapshot.SpecVersions[PathId.Parse("/cudcos/mactest1")].ShouldHaveSingleItem().Version.ShouldBe(version);
    }

    private static JsonNode Example(string file) => JsonNode.Parse(SharedData.Read(file))!;

    private static string Text(string file) => File.ReadAllText(SharedData.Path(file));

    private static JsonNode Rendered(Action<System.Text.Json.Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return JsonNode.Parse(stream.ToArray())!;
    }

    private static IEnumerable<string> Missing(JsonNode example, JsonNode actual) =>
        example.AsObject().Select(member => member.Key).Where(name => !actual.AsObject().ContainsKey(name));
}
