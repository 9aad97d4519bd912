using System.Net;
using System.Text.Json;
using Plenum.Metronome.Api;
using Plenum.Metronome.Tests.Shell;

namespace Plenum.Metronome.Tests.Api;

public sealed class JobsApiTests : IAsyncLifetime
{
    private const string Job = """{"id": "a.b", "run": {"cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "disk": 0}}""";
    private const string Nightly = """{"id": "nightly", "cron": "0 2 * * *", "timezone": "Europe/Berlin"}""";

    private LiveServer _live = null!;

    public async Task InitializeAsync() => _live = await LiveServer.StartAsync();

    public async Task DisposeAsync() => await _live.DisposeAsync();

    [Fact]
    public async Task A_job_is_made_shown_changed_and_deleted()
    {
        var made = await _live.PostAsync("/v1/jobs", Job);
        made.GetProperty("id").GetString().ShouldBe("a.b");
        await ExpectAsync(HttpMethod.Post, "/v1/jobs", Job, HttpStatusCode.Conflict, """{"message":"Job with this id already exists"}""");

        var shown = await _live.GetAsync("/v1/jobs/a.b");
        shown.EnumerateObject().Select(static member => member.Name).ShouldBe(["id", "dependencies", "labels", "run", "schedules"]);
        var (status, changed) = await _live.SendAsync(HttpMethod.Put, "/v1/jobs/a.b", Job.Replace("a.b", "other", StringComparison.Ordinal).Replace("32", "64", StringComparison.Ordinal));
        (status, changed.GetProperty("id").GetString(), changed.GetProperty("run").GetProperty("mem").GetInt32()).ShouldBe((HttpStatusCode.OK, "a.b", 64));
        await ExpectAsync(HttpMethod.Put, "/v1/jobs/none", Job, HttpStatusCode.NotFound, """{"id":"none","message":"Job not found"}""");

        (status, var deleted) = await _live.SendAsync(HttpMethod.Delete, "/v1/jobs/a.b");
        (status, deleted.GetProperty("id").GetString()).ShouldBe((HttpStatusCode.OK, "a.b"));
        await ExpectAsync(HttpMethod.Get, "/v1/jobs/a.b", null, HttpStatusCode.NotFound, """{"id":"a.b","message":"Job not found"}""");
        (await _live.GetAsync("/v1/jobs")).GetRawText().ShouldBe("[]");
    }

    [Fact]
    public async Task A_job_with_active_runs_is_deleted_only_with_them()
    {
        await _live.PostAsync("/v1/jobs", Job);
        await _live.PostAsync("/v1/jobs/a.b/runs", "{}");

        await ExpectAsync(
            HttpMethod.Delete, "/v1/jobs/a.b", null, HttpStatusCode.Conflict,
            """{"message":"There are active job runs. Override with stopCurrentJobRuns=true"}""");
        (await _live.SendAsync(HttpMethod.Delete, "/v1/jobs/a.b?stopCurrentJobRuns=true")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Schedules_have_their_own_calls_and_an_update_of_the_job_leaves_them()
    {
        await _live.PostAsync("/v1/jobs", Job);
        var made = await _live.PostAsync("/v1/jobs/a.b/schedules", Nightly);
        made.EnumerateObject().Select(static member => member.Name).ShouldBe(
            ["id", "cron", "timezone", "startingDeadlineSeconds", "concurrencyPolicy", "enabled", "nextRunAt"]);

        // Two o'clock in Berlin is one o'clock in winter.
        made.GetProperty("nextRunAt").GetString().ShouldBe("2026-01-01T01:00:00.000+0000");
        await ExpectAsync(
            HttpMethod.Post, "/v1/jobs/a.b/schedules", Nightly, HttpStatusCode.Conflict,
            """{"message":"requirement failed: A schedule with id nightly already exists"}""");
        await _live.PostAsync("/v1/jobs/a.b/schedules", Nightly.Replace("nightly", "second", StringComparison.Ordinal));
        (await _live.SendAsync(HttpMethod.Put, "/v1/jobs/a.b", Job)).Status.ShouldBe(HttpStatusCode.OK);
        (await _live.GetAsync("/v1/jobs/a.b/schedules")).GetArrayLength().ShouldBe(2);

        var (status, changed) = await _live.SendAsync(
            HttpMethod.Put, "/v1/jobs/a.b/schedules/nightly", """{"id": "x", "cron": "*/1 * * * *", "enabled": false, "timeZone": "UTC"}""");
        status.ShouldBe(HttpStatusCode.OK);
        (changed.GetProperty("id").GetString(), changed.GetProperty("cron").GetString(), changed.GetProperty("enabled").GetBoolean())
            .ShouldBe(("nightly", "* * * * *", false));
        await ExpectAsync(
            HttpMethod.Put, "/v1/jobs/a.b/schedules/none", Nightly, HttpStatusCode.NotFound, """{"id":"none","message":"Schedule not found"}""");
        (status, var nothing) = await _live.SendAsync(HttpMethod.Delete, "/v1/jobs/a.b/schedules/nightly");
        (status, nothing.ValueKind).ShouldBe((HttpStatusCode.OK, JsonValueKind.Undefined));
        await ExpectAsync(
            HttpMethod.Get, "/v1/jobs/a.b/schedules/nightly", null, HttpStatusCode.NotFound, """{"id":"nightly","message":"Schedule not found"}""");
    }

    [Fact]
    public async Task The_calls_of_v0_carry_the_schedules_both_ways()
    {
        var withSchedule = Job.Replace("\"run\"", $"\"schedules\": [{Nightly}], \"run\"", StringComparison.Ordinal);
        var made = await _live.PostAsync("/v0/scheduled-jobs", withSchedule);
        made.GetProperty("schedules").GetArrayLength().ShouldBe(1);

        var (status, changed) = await _live.SendAsync(HttpMethod.Put, "/v0/scheduled-jobs/a.b", Job);

        (status, changed.GetProperty("schedules").GetArrayLength()).ShouldBe((HttpStatusCode.OK, 0));
    }

    [Fact]
    public async Task What_is_embedded_is_what_was_asked_for()
    {
        await _live.PostAsync("/v1/jobs", Job);

        (await MembersAsync("?embed=activeRuns&embed=historySummary")).ShouldBe(["activeRuns", "historySummary"]);
        (await MembersAsync("?embed=schedules,history")).ShouldBe(["history"]);
        var summary = (await _live.GetAsync("/v1/jobs/a.b?embed=historySummary")).GetProperty("historySummary");
        summary.GetRawText().ShouldBe("""{"successCount":0,"failureCount":0,"lastSuccessAt":null,"lastFailureAt":null}""");
        var (status, problem) = await _live.SendAsync(HttpMethod.Get, "/v1/jobs/a.b?embed=everything");
        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("message").GetString()!.ShouldStartWith("Unknown embed options everything.");
        problem.GetProperty("requestPath").GetString().ShouldBe("/v1/jobs/a.b");
    }

    [Fact]
    public async Task Mistakes_have_the_answers_of_the_original()
    {
        await _live.PostAsync("/v1/jobs", Job);
        await ExpectAsync(
            HttpMethod.Post, "/v1/jobs", Job.Replace("32", "1", StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity,
            """{"message":"Object is not valid","details":[{"path":"/run/mem","errors":["must be greater than or equal to 32"]}]}""");
        var (status, broken) = await _live.SendAsync(HttpMethod.Post, "/v1/jobs", "{\"id\": <");
        status.ShouldBe(HttpStatusCode.BadRequest);
        broken.GetProperty("requestPath").GetString().ShouldBe("/v1/jobs");
        broken.GetProperty("message").GetString()!.ShouldNotContain("<");
        (await _live.SendAsync(HttpMethod.Post, "/v1/jobs", Job, "text/plain")).Status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        await ExpectAsync(HttpMethod.Get, "/v2/jobs", null, HttpStatusCode.NotFound, """{"message":"Unknown route.","requestPath":"/v2/jobs"}""");
        await ExpectAsync(HttpMethod.Get, "/v1/jobs/a/b", null, HttpStatusCode.NotFound, """{"message":"Unknown route.","requestPath":"/v1/jobs/a/b"}""");
        await ExpectAsync(HttpMethod.Patch, "/v1/jobs/a.b", "{}", HttpStatusCode.NotFound, """{"message":"Unknown route.","requestPath":"/v1/jobs/a.b"}""");
        await ExpectAsync(
            HttpMethod.Get, "/v1/jobs/a.b/runs/r", null, HttpStatusCode.NotFound, """{"jobSpec":"a.b","id":"r","message":"Job Run not found"}""");
        await ExpectAsync(HttpMethod.Post, "/v1/jobs/none/runs", "{}", HttpStatusCode.NotFound, """{"id":"none","message":"Job not found"}""");
        var (unknown, problem) = await _live.SendAsync(
            HttpMethod.Put, "/v1/jobs/a.b", Job.Replace("\"run\"", "\"dependencies\": [{\"id\": \"zz\"}], \"run\"", StringComparison.Ordinal));
        unknown.ShouldBe(HttpStatusCode.UnprocessableEntity);
        problem.GetProperty("details")[0].GetProperty("path").GetString().ShouldBe("/dependencies(0)/id");
    }

    [Fact]
    public async Task The_server_tells_about_itself()
    {
        (await _live.Client.GetStringAsync("/ping")).ShouldBe("pong");
        (await _live.GetAsync("/leader")).GetProperty("leader").GetString().ShouldBe(_live.Client.BaseAddress!.Authority);
        var info = await _live.GetAsync("/info");
        info.GetProperty("config").GetProperty("metronome.framework.name").GetString().ShouldBe("metronome");
        info.GetProperty("libVersion").GetString().ShouldNotBeNullOrEmpty();
        await _live.PostAsync("/v1/jobs", Job);
        (await _live.GetAsync("/v1/metrics")).GetProperty("gauges").GetProperty("metronome.jobs.gauge").GetProperty("value").GetDouble().ShouldBe(1);
        (await _live.SendAsync(HttpMethod.Get, "/public/api/v1/schema/jobspec.schema.json")).Status.ShouldBe(HttpStatusCode.NotImplemented);
    }

    [Fact]
    public void Every_route_names_its_rule_and_none_stands_in_the_way_of_another()
    {
        var routes = MetronomeRoutes.Create(TimeProvider.System).Routes;

        routes.ShouldAllBe(static route => route.Rule == "public" || route.Rule.StartsWith("metronome.", StringComparison.Ordinal));
        routes.Select(static route => $"{route.Method} {route.Pattern.Text}").ShouldBeUnique();
    }

    private async Task<IEnumerable<string>> MembersAsync(string query) => (await _live.GetAsync("/v1/jobs/a.b" + query))
        .EnumerateObject().Select(static member => member.Name).Except(["id", "dependencies", "labels", "run", "schedules"]);

    private async Task ExpectAsync(HttpMethod method, string path, string? json, HttpStatusCode status, string body)
    {
        var (answered, problem) = await _live.SendAsync(method, path, json);
        answered.ShouldBe(status, $"{method} {path}");
        problem.GetRawText().ShouldBe(body);
    }
}
