using System.Collections.Immutable;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Api;

public sealed class TasksShould
{
    /// <summary>What marathon-lb reads of every task, and pairs by position.</summary>
    [Fact]
    public async Task Carry_what_a_load_balancer_needs()
    {
        await using var host = await StartAsync("h1");

        var app = (await host.GetAsync("/v2/apps?embed=apps.tasks")).Json["apps"]![0]!;

        app["labels"].ShouldNotBeNull();
        app["deployments"]!.AsArray().ShouldBeEmpty();
        var task = app["tasks"]![0]!;
        task["host"]!.GetValue<string>().ShouldBe("h1");
        task["state"]!.GetValue<string>().ShouldBe("TASK_RUNNING");
        task["ports"]!.ToJsonString().ShouldBe("[31000]");
        task["servicePorts"]!.ToJsonString().ShouldBe("[10000]");
        task["ipAddresses"]![0]!["ipAddress"]!.GetValue<string>().ShouldBe("127.0.0.1");
        task["healthCheckResults"]!.AsArray().ShouldBeEmpty();
        task["localVolumes"]!.AsArray().ShouldBeEmpty();
        task["id"]!.GetValue<string>().ShouldEndWith("._app.1");
        task["startedAt"]!.GetValue<string>().ShouldBe("2020-01-01T00:00:01.000Z");
    }

    [Fact]
    public async Task Show_health_and_count_by_it()
    {
        await using var host = await StartAsync("h1", "h2", "h3");
        var tasks = host.Marathon.Snapshot.Apps.Values.Single().Instances.Values.ToList();
        SetHealth(host, (tasks[0], true), (tasks[1], false));

        var app = (await host.GetAsync("/v2/apps/web")).Json["app"]!;

        app["tasksRunning"]!.GetValue<int>().ShouldBe(3);
        app["tasksHealthy"]!.GetValue<int>().ShouldBe(1);
        app["tasksUnhealthy"]!.GetValue<int>().ShouldBe(1);
        app["tasks"]![1]!["healthCheckResults"]![0]!["alive"]!.GetValue<bool>().ShouldBeFalse();
        app["tasks"]![2]!["healthCheckResults"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Leave_out_instances_that_wait_for_an_offer()
    {
        await using var host = await StartAsync("h1", "h2");
        var waiting = host.Marathon.Snapshot.Apps.Values.Single().Instances.Values.First();
        host.Marathon.Change(waiting with { Condition = Condition.Scheduled, Place = null });

        (await host.GetAsync("/v2/tasks")).Json["tasks"]!.AsArray().Count.ShouldBe(1);
        (await host.GetAsync("/v2/apps/web/tasks")).Json["tasks"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Be_filtered_by_status_and_ignore_other_words()
    {
        await using var host = await StartAsync("h1", "h2");
        var staging = host.Marathon.Snapshot.Apps.Values.Single().Instances.Values.First();
        host.Marathon.Change(staging with { Condition = Condition.Staging });

        (await host.GetAsync("/v2/tasks?status=staging")).Json["tasks"]!.AsArray().Count.ShouldBe(1);
        (await host.GetAsync("/v2/tasks?status[]=running&status[]=staging")).Json["tasks"]!.AsArray().Count.ShouldBe(2);
        (await host.GetAsync("/v2/tasks?status=odd")).Json["tasks"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Be_killed_by_host_and_the_star_means_all()
    {
        await using var host = await StartAsync("h1", "h2", "h1");

        (await host.SendAsync("DELETE", "/v2/apps/web/tasks?host=h1")).Json["tasks"]!.AsArray().Count.ShouldBe(2);
        (await host.SendAsync("DELETE", "/v2/apps/web/tasks?host=*")).Json["tasks"]!.AsArray().Count.ShouldBe(3);
        host.Marathon.LastKill!.Scale.ShouldBeFalse();
        (await host.SendAsync("DELETE", "/v2/apps/web/tasks?scale=True")).Json["deploymentId"].ShouldNotBeNull();
        host.Marathon.LastKill!.Scale.ShouldBeTrue();
    }

    [Fact]
    public async Task Be_killed_one_by_one_and_only_as_long_as_they_live()
    {
        await using var host = await StartAsync("h1");
        var task = host.Marathon.Snapshot.Apps.Values.Single().Instances.Values.Single();

        (await host.SendAsync("DELETE", $"/v2/apps/web/tasks/{task.TaskId}?wipe=true")).Json["task"]!["id"]!.GetValue<string>().ShouldBe(task.TaskId);
        host.Marathon.LastKill!.Wipe.ShouldBeTrue();
        host.Marathon.Change(task with { Incarnation = 2 });
        var gone = await host.SendAsync("DELETE", $"/v2/apps/web/tasks/{task.TaskId}");
        gone.Status.ShouldBe(404);
        gone.Message.ShouldBe($"Task '{task.TaskId}' does not exist");
    }

    [Fact]
    public async Task Not_be_scaled_and_wiped_at_once()
    {
        await using var host = await StartAsync("h1");

        (await host.SendAsync("DELETE", "/v2/apps/web/tasks?scale=true&wipe=true")).Status.ShouldBe(400);
        host.Marathon.LastKill.ShouldBeNull();
    }

    /// <summary>marathon-lb's zero-downtime deployment names exact tasks, some of which may have ended.</summary>
    [Fact]
    public async Task Be_killed_by_a_list_of_ids_that_may_be_out_of_date()
    {
        await using var host = await StartAsync("h1", "h2");
        var tasks = host.Marathon.Snapshot.Apps.Values.Single().Instances.Values.ToList();

        var answer = await host.SendAsync(
            "POST",
            "/v2/tasks/delete",
            $$"""{"ids": ["{{tasks[0].TaskId}}", "web.instance-00000000-0000-0000-0000-00000000dead._app.1"]}""");

        answer.Json["tasks"]!.AsArray().Count.ShouldBe(1);
        host.Marathon.LastKill!.Instances.ShouldHaveSingleItem().ShouldBe(tasks[0].Id);
        (await host.SendAsync("POST", "/v2/tasks/delete", """{"ids": ["not a task"]}""")).Status.ShouldBe(400);
        (await host.SendAsync("POST", "/v2/tasks/delete", "{}")).Status.ShouldBe(422);
        (await host.SendAsync("POST", "/v2/tasks/delete?scale=true", $$"""{"ids": ["{{tasks[1].TaskId}}"]}"""))
            .Json["deploymentId"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Give_both_spellings_of_their_statistics()
    {
        await using var host = await StartAsync("h1", "h2");

        var app = (await host.GetAsync("/v2/apps?embed=apps.taskStats")).Json["apps"]![0]!;

        app["taskStats"]!.ToJsonString().ShouldBe(app["tasksStats"]!.ToJsonString());
        app["taskStats"]!["totalSummary"]!["stats"]!["counts"]!["running"]!.GetValue<int>().ShouldBe(2);
        app["taskStats"]!["withOutdatedConfig"].ShouldBeNull();
    }

    [Fact]
    public async Task Show_the_last_failure_of_an_app()
    {
        await using var host = await StartAsync("h1");
        var runtime = host.Marathon.Snapshot.Apps.Values.Single();
        var failure = new TaskFailure(runtime.App, "t", "TASK_FAILED", "Exited with status 1", "h1", FakeMarathon.Start, default, "agent-h1");
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Apps = host.Marathon.Snapshot.Apps.SetItem(runtime.App, runtime with { LastFailure = failure }),
        };

        var shown = (await host.GetAsync("/v2/apps/web")).Json["app"]!["lastTaskFailure"]!;

        shown["message"]!.GetValue<string>().ShouldBe("Exited with status 1");
        shown["slaveId"]!.GetValue<string>().ShouldBe("agent-h1");
        shown["timestamp"]!.GetValue<string>().ShouldBe("2020-01-01T00:00:00.000Z");
        (await host.GetAsync("/v2/apps")).Json["apps"]![0]!["lastTaskFailure"].ShouldBeNull();
    }

    private static async Task<ApiHost> StartAsync(params string[] hosts)
    {
        var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web", """, "healthChecks": [{"protocol": "MESOS_HTTP"}]""");
        host.Marathon.Run("/web", hosts);
        return host;
    }

    private static void SetHealth(ApiHost host, params (Instance Task, bool Alive)[] results)
    {
        var runtime = host.Marathon.Snapshot.Apps.Values.Single();
        host.Marathon.Snapshot = host.Marathon.Snapshot with
        {
            Apps = host.Marathon.Snapshot.Apps.SetItem(
                runtime.App,
                runtime with
                {
                    Health = results.ToImmutableDictionary(
                        result => result.Task.Id,
                        result => ImmutableArray.Create(new HealthResult(result.Task.Id) { Alive = result.Alive })),
                }),
        };
    }
}
