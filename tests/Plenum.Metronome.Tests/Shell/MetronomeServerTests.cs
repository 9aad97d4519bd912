using System.Net;

namespace Plenum.Metronome.Tests.Shell;

public sealed class MetronomeServerTests
{
    private const string Quick = """{"id": "quick", "run": {"cmd": "true", "cpus": 0.1, "mem": 32, "disk": 0}}""";

    [Fact]
    public async Task A_run_that_is_asked_for_runs_and_is_found_in_the_history_also_by_the_next_server()
    {
        await using var live = await LiveServer.StartAsync();
        await live.PostAsync("/v1/jobs", Quick);
        string id;
        using (var events = await live.EventsAsync())
        {
            var run = await live.PostAsync("/v1/jobs/quick/runs", "{}");
            id = run.GetProperty("id").GetString()!;
            run.GetProperty("status").GetString().ShouldBe("INITIAL");
            run.GetProperty("completedAt").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
            var finished = (await events.NextAsync("run_finished", "quick")).GetProperty("run");
            (finished.GetProperty("id").GetString(), finished.GetProperty("status").GetString()).ShouldBe((id, "SUCCESS"));
        }

        await live.RestartAsync();

        var history = (await live.GetAsync("/v1/jobs/quick?embed=history")).GetProperty("history");
        history.GetProperty("successCount").GetInt32().ShouldBe(1);
        var kept = history.GetProperty("successfulFinishedRuns").EnumerateArray().Single();
        kept.GetProperty("id").GetString().ShouldBe(id);
        kept.GetProperty("tasks").EnumerateArray().Single().GetString()!.ShouldStartWith($"quick_{id}.");
        kept.GetProperty("exitCode").GetInt32().ShouldBe(0);
        (await live.GetAsync($"/v1/jobs/quick/runs/{id}")).GetProperty("status").GetString().ShouldBe("SUCCESS");
        (await live.GetAsync("/v1/jobs/quick/runs")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_tick_becomes_a_run_when_the_clock_gets_there_without_anybody_asking()
    {
        await using var live = await LiveServer.StartAsync();
        using var events = await live.EventsAsync();
        await live.PostAsync("/v1/jobs", Quick.Replace("\"run\"", "\"schedules\": [{\"id\": \"every\", \"cron\": \"*/5 * * * *\"}], \"run\"", StringComparison.Ordinal));

        live.Clock.Advance(TimeSpan.FromMinutes(5));

        var run = (await events.NextAsync("run_created", "quick")).GetProperty("run");
        run.GetProperty("scheduleId").GetString().ShouldBe("every");
        run.GetProperty("scheduledFor").GetString().ShouldBe("2026-01-01T00:05:00.000+0000");
        await events.NextAsync("run_finished", "quick");
        (await live.GetAsync("/v1/jobs/quick/schedules/every")).GetProperty("nextRunAt").GetString().ShouldBe("2026-01-01T00:10:00.000+0000");
    }

    [Fact]
    public async Task A_tick_that_came_while_no_server_ran_is_decided_by_the_next()
    {
        await using var live = await LiveServer.StartAsync();
        await live.PostAsync("/v1/jobs", Quick.Replace("\"run\"", "\"schedules\": [{\"id\": \"every\", \"cron\": \"0 * * * *\", \"startingDeadlineSeconds\": 60}], \"run\"", StringComparison.Ordinal));
        await live.StopAsync();
        live.Clock.Advance(TimeSpan.FromMinutes(150));

        await live.RestartAsync();

        var skipped = (await live.GetAsync("/v1/jobs/quick?embed=history")).GetProperty("history").GetProperty("skippedTicks").EnumerateArray().Single();
        (skipped.GetProperty("reason").GetString(), skipped.GetProperty("count").GetInt32()).ShouldBe(("MISSED", 2));
        skipped.GetProperty("lastTick").GetString().ShouldBe("2026-01-01T02:00:00.000+0000");
    }

    [Fact]
    public async Task A_run_is_stopped_and_its_task_killed()
    {
        await using var live = await LiveServer.StartAsync();
        using var events = await live.EventsAsync();
        await live.PostAsync("/v1/jobs", Quick.Replace("\"true\"", "\"sleep 1000\"", StringComparison.Ordinal));
        var id = (await live.PostAsync("/v1/jobs/quick/runs", "")).GetProperty("id").GetString();
        await events.NextAsync("run_updated", "quick");
        var active = (await live.GetAsync("/v1/jobs?embed=activeRuns")).EnumerateArray().Single().GetProperty("activeRuns").EnumerateArray().Single();
        active.GetProperty("tasks").EnumerateArray().Single().GetProperty("status").GetString().ShouldBe("TASK_RUNNING");

        var (stopped, body) = await live.SendAsync(HttpMethod.Post, $"/v1/jobs/quick/runs/{id}/actions/stop", "{}");

        (stopped, body.ValueKind).ShouldBe((HttpStatusCode.OK, System.Text.Json.JsonValueKind.Undefined));
        var finished = (await events.NextAsync("run_finished", "quick")).GetProperty("run");
        finished.GetProperty("status").GetString().ShouldBe("FAILED");
        live.Cluster.Alive.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_without_a_machine_is_in_the_queue()
    {
        await using var live = await LiveServer.StartAsync();
        live.Cluster.StopOffering();
        await live.PostAsync("/v1/jobs", Quick);
        var id = (await live.PostAsync("/v1/jobs/quick/runs", "{}")).GetProperty("id").GetString();

        var waiting = (await live.GetAsync("/v1/queue")).EnumerateArray().Single();

        waiting.GetProperty("jobId").GetString().ShouldBe("quick");
        waiting.GetProperty("runs").EnumerateArray().Single().GetProperty("runId").GetString().ShouldBe(id);
    }

    [Fact]
    public async Task A_run_takes_what_the_request_gives_it()
    {
        await using var live = await LiveServer.StartAsync();
        using var events = await live.EventsAsync();
        await live.PostAsync("/v1/jobs", Quick);

        await live.PostAsync("/v1/jobs/quick/runs", """{"overrides": {"cmd": "sleep 5", "env": {"DAY": "monday"}}}""");
        await events.NextAsync("run_updated", "quick");

        var task = live.Cluster.Alive.Single();
        task.Info.Command.Value.ShouldBe("sleep 5");
        task.Info.Command.Environment.Variables.Single(static variable => variable.Name == "DAY").Value.ShouldBe("monday");
        var (refused, problem) = await live.SendAsync(HttpMethod.Post, "/v1/jobs/quick/runs", """{"overrides": {"memory": 5}}""");
        refused.ShouldBe(HttpStatusCode.UnprocessableEntity);
        problem.GetProperty("details")[0].GetProperty("path").GetString().ShouldBe("/overrides/memory");
    }
}
