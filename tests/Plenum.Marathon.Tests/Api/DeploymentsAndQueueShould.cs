using System.Text.Json.Nodes;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Tests.Api;

public sealed class DeploymentsAndQueueShould
{
    /// <summary>The DC/OS command line reads a bare array and filters by both affected lists.</summary>
    [Fact]
    public async System.Threading.Tasks.Task Be_listed_with_the_number_of_the_step_and_both_affected_lists()
    {
        await using var host = await StartAsync();

        var deployment = (await host.GetAsync("/v2/deployments")).Json.ShouldBeOfType<JsonArray>().ShouldHaveSingleItem()!;

        deployment["currentStep"]!.GetValue<int>().ShouldBe(1);
        deployment["totalSteps"]!.GetValue<int>().ShouldBe(2);
        deployment["affectedApps"]!.ToJsonString().ShouldBe("""["/web"]""");
        deployment["affectedPods"]!.AsArray().ShouldBeEmpty();
        deployment["steps"]![1]!["actions"]![0]!.ToJsonString().ShouldBe("""{"action":"ScaleApplication","app":"/web"}""");
        var action = deployment["currentActions"]![0]!;
        action["action"]!.GetValue<string>().ShouldBe("StartApplication");
        action["readinessCheckResults"]![0]!["lastResponse"]!["status"]!.GetValue<int>().ShouldBe(503);
    }

    [Fact]
    public async System.Threading.Tasks.Task Appear_beside_the_app_they_change()
    {
        await using var host = await StartAsync();
        var id = host.Marathon.Snapshot.Deployments[0].Plan.Id;

        var app = (await host.GetAsync("/v2/apps?embed=apps.readiness")).Json["apps"]![0]!;

        app["deployments"]!.ToJsonString().ShouldBe($$"""[{"id":"{{id}}"}]""");
        app["readinessCheckResults"]![0]!["ready"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async System.Threading.Tasks.Task Be_rolled_back_with_an_answer_and_abandoned_without_one()
    {
        await using var host = await StartAsync();
        var id = host.Marathon.Snapshot.Deployments[0].Plan.Id;

        (await host.SendAsync("DELETE", $"/v2/deployments/{id}")).Json["deploymentId"].ShouldNotBeNull();
        var forced = await host.SendAsync("DELETE", $"/v2/deployments/{id}?force=true");

        forced.Status.ShouldBe(202);
        forced.Body.ShouldBeEmpty();
        host.Marathon.LastCancel.ShouldBe((id, true));
    }

    [Theory]
    [InlineData("pause", DeploymentOrder.Pause)]
    [InlineData("resume", DeploymentOrder.Resume)]
    [InlineData("promote", DeploymentOrder.Promote)]
    [InlineData("promote?full=true", DeploymentOrder.PromoteAll)]
    public async System.Threading.Tasks.Task Take_orders_and_say_when_they_cannot(string call, object order)
    {
        await using var host = await StartAsync();
        var plan = host.Marathon.Snapshot.Deployments[0].Plan;

        var taken = await host.SendAsync("POST", $"/v2/deployments/{plan.Id}/{call}");
        taken.Status.ShouldBe(200);
        taken.Body.ShouldBe($$"""{"version":"{{plan.Version}}","deploymentId":"{{plan.Id}}"}""");
        host.Marathon.LastOrder.ShouldBe((plan.Id, (DeploymentOrder)order));

        (await host.SendAsync("POST", $"/v2/deployments/other/{call}")).Status.ShouldBe(404);
        host.Marathon.OrderRefusal = "not now";
        var refused = await host.SendAsync("POST", $"/v2/deployments/{plan.Id}/{call}");
        (refused.Status, refused.Message).ShouldBe((409, "not now"));
    }

    [Fact]
    public async System.Threading.Tasks.Task Be_reverted_as_by_deletion_without_force()
    {
        await using var host = await StartAsync();
        var id = host.Marathon.Snapshot.Deployments[0].Plan.Id;

        (await host.SendAsync("POST", $"/v2/deployments/{id}/revert")).Json["deploymentId"].ShouldNotBeNull();
        host.Marathon.LastCancel.ShouldBe((id, false));
        (await host.SendAsync("POST", "/v2/deployments/other/revert")).Status.ShouldBe(404);
    }

    [Fact]
    public async System.Threading.Tasks.Task Show_where_they_stand_still()
    {
        await using var host = await StartAsync();
        (await host.GetAsync("/v2/deployments")).Json[0]!["paused"].ShouldBeNull();
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Deployments =
            [
                host.Marathon.Snapshot.Deployments[0] with
                {
                    IsPaused = true,
                    Canaries = [new CanaryProgress(PathId.Parse("/web"), 1, 2, 3, 3, 2, WaitsForPromotion: false, FakeMarathon.Start)],
                },
            ],
        };

        var deployment = (await host.GetAsync("/v2/deployments")).Json[0]!;
        deployment["paused"]!.GetValue<bool>().ShouldBeTrue();
        deployment["canaries"]![0]!.ToJsonString().ShouldBe(
            """{"app":"/web","step":1,"steps":2,"instances":3,"ready":2,"waitsForPromotion":false,"goesOnAt":"2020-01-01T00:00:00.000Z"}""");
    }

    [Fact]
    public async System.Threading.Tasks.Task Tell_why_an_app_waits()
    {
        await using var host = await StartAsync();

        var item = (await host.GetAsync("/v2/queue?embed=lastUnusedOffers")).Json["queue"]![0]!;

        item["app"]!["id"]!.GetValue<string>().ShouldBe("/web");
        item["count"]!.GetValue<int>().ShouldBe(2);
        item["delay"]!["overdue"]!.GetValue<bool>().ShouldBeFalse();
        item["delay"]!["timeLeftSeconds"]!.GetValue<long>().ShouldBeGreaterThan(0);
        var summary = item["processedOffersSummary"]!;
        summary["processedOffersCount"]!.GetValue<int>().ShouldBe(5);
        summary["rejectSummaryLastOffers"]![0]!.ToJsonString().ShouldBe("""{"reason":"InsufficientCpus","declined":1,"processed":4}""");
        var unused = item["lastUnusedOffers"]![0]!;
        unused["reason"]!.ToJsonString().ShouldBe("""["InsufficientCpus"]""");
        unused["offer"]!["hostname"]!.GetValue<string>().ShouldBe("h1");
        unused["offer"]!["resources"]!.ToJsonString()
            .ShouldBe("""[{"name":"cpus","role":"*","scalar":0.5},{"name":"ports","role":"*","ranges":[{"begin":31000,"end":32000}]}]""");
        unused["offer"]!["attributes"]!.ToJsonString().ShouldBe("""[{"name":"rack","text":"a"}]""");
        (await host.GetAsync("/v2/queue")).Json["queue"]![0]!["lastUnusedOffers"].ShouldBeNull();
    }

    [Fact]
    public async System.Threading.Tasks.Task End_a_delay_with_exactly_204_as_the_DCOS_command_line_demands()
    {
        await using var host = await StartAsync();

        var answer = await host.SendAsync("DELETE", "/v2/queue//web/delay");

        answer.Status.ShouldBe(204);
        answer.Body.ShouldBeEmpty();
    }

    private static async System.Threading.Tasks.Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        var web = PathId.Parse("/web");
        var instance = host.Marathon.Run("/web", "h1")[0];
        var steps = new[] { ActionKind.Start, ActionKind.Scale }
            .Select(kind => new DeploymentStep([new DeploymentAction(kind, web, [])]))
            .ToArray();
        var deployment = new RunningDeployment(
            host.Marathon.Plan(host.Marathon.Snapshot.Root.Version, steps),
            CurrentStep: 1,
            steps[0].Actions,
            [new ReadinessResult("ready", instance.Id, Ready: false, new ReadinessResponse(503, "text/plain", "wait"))]);
        host.Marathon.Snapshot = host.Marathon.Snapshot with { Deployments = [deployment], Queue = [Item(host.Marathon)] };
        return host;
    }

    private static QueueItem Item(FakeMarathon marathon) => new()
    {
        Spec = marathon.Snapshot.Root.FindApp(PathId.Parse("/web"))!,
        Role = "*",
        Count = 2,
        Since = FakeMarathon.Start,
        DelayedUntil = DateTimeOffset.MaxValue,
        ProcessedOffers = 5,
        UnusedOffers = 4,
        RejectSummaryLastOffers = [new RejectCount(RejectReason.InsufficientCpus, 1, 4)],
        RejectSummaryLaunchAttempt = [],
        LastUnusedOffers =
        [
            new UnusedOffer(
                new Offer
                {
                    Id = new OfferID { Value = "o1" },
                    AgentId = new AgentID { Value = "a1" },
                    FrameworkId = new FrameworkID { Value = "f1" },
                    Hostname = "h1",
                    Resources =
                    {
                        new Resource { Name = "cpus", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 0.5 } },
                        new Resource
                        {
                            Name = "ports",
                            Type = Value.Types.Type.Ranges,
                            Ranges = new Value.Types.Ranges { Range = { new Value.Types.Range { Begin = 31000, End = 32000 } } },
                        },
                    },
                    Attributes =
                    {
                        new Plenum.Protocol.V1.Attribute { Name = "rack", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = "a" } },
                    },
                },
                [RejectReason.InsufficientCpus],
                FakeMarathon.Start),
        ],
    };
}
