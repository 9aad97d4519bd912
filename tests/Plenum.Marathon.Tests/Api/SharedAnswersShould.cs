using System.Text.Json.Nodes;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
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
                    App = app,
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

    [SharedDataFact]
    public async Task Follow_the_documented_list_requests()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("PUT", "/v2/apps", Text("apps_create.json"))).Status.ShouldBe(200);
        (await host.SendAsync("PATCH", "/v2/apps", Text("apps_patch.json"))).Status.ShouldBe(200);
        await host.CreateAsync("/foo");
        (await host.SendAsync("PATCH", "/v2/apps/foo", Text("app_patch.json"))).Status.ShouldBe(200);

        host.Marathon.Snapshot.Root.FindApp(PathId.Parse("/foo"))!.Instances.ShouldBe(2);
        host.Marathon.Snapshot.Root.FindApp(PathId.Parse("/test/sleep60"))!.Dependencies.Count.ShouldBe(2);
    }

    [SharedDataTheory]
    [InlineData("pod.json")]
    [InlineData("system/pods-simple-pod.json")]
    public async Task Say_501_to_pods(string file)
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/pods", Text(file));

        answer.Status.ShouldBe(501);
        answer.Message.ShouldBe("Pods are not available in this version of Plenum");
    }

    [SharedDataFact]
    public async Task Take_and_give_back_a_thousand_apps()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("POST", "/v2/groups", Text("large/group-1000.json"))).Status.ShouldBe(201);
        var group = await host.GetAsync("/v2/groups/cudcos");

        group.Json["apps"]!.AsArray().Count.ShouldBe(1000);

        // What was read is a request again, and changes nothing.
        var version = host.Marathon.Snapshot.AppVersions[PathId.Parse("/cudcos/mactest1")][0].Version;
        (await host.SendAsync("PUT", "/v2/groups/cudcos", group.Body)).Status.ShouldBe(200);
        host.Marathon.Snapshot.AppVersions[PathId.Parse("/cudcos/mactest1")].ShouldHaveSingleItem().Version.ShouldBe(version);
    }

    private static JsonNode Example(string file) => JsonNode.Parse(SharedData.Read(file))!;

    private static string Text(string file) => File.ReadAllText(SharedData.Path(file));

    private static IEnumerable<string> Missing(JsonNode example, JsonNode actual) =>
        example.AsObject().Select(member => member.Key).Where(name => !actual.AsObject().ContainsKey(name));
}
