using System.Text;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Jobs;

public sealed class JobTests : CliTest
{
    private const string Jobs = "/metronome/v1/jobs";

    private const string Known = """
        [
          {"id": "busy", "activeRuns": [{"id": "r1"}], "schedules": [], "historySummary": {"successCount": 0, "failureCount": 0, "lastSuccessAt": null, "lastFailureAt": null}},
          {"id": "nightly", "activeRuns": [], "schedules": [{"id": "s1", "enabled": true}], "historySummary": {"lastSuccessAt": "2026-01-02T00:00:00.000+0000", "lastFailureAt": "2026-01-01T00:00:00.000+0000"}},
          {"id": "off", "activeRuns": [], "schedules": [{"id": "s1", "enabled": false}], "historySummary": {"lastSuccessAt": "2026-01-01T00:00:00.000+0000", "lastFailureAt": "2026-01-02T00:00:00.000+0000"}}
        ]
        """;

    [Fact]
    public async Task Jobs_are_a_table_in_the_words_of_DCOS()
    {
        Cluster.Answer("GET", $"{Jobs}?embed=activeRuns,schedules,historySummary", Known);
        (await Cluster.RunAsync("job", "list")).ShouldBe(new CliRun(0, """
            ID        STATUS        LAST RUN
            busy      Running       N/A
            nightly   Scheduled     Success
            off       Unscheduled   Failed

            """, ""));
        (await Cluster.RunAsync("job", "list", "--quiet")).Output.ShouldBe("busy\nnightly\noff\n");
    }

    [Fact]
    public async Task A_job_is_added_as_it_is_in_the_file()
    {
        Cluster.Answer("POST", Jobs, """{"id": "a", "schedules": [{"id": "s1", "nextRunAt": "2026-01-01T01:00:00.000+0000"}]}""");
        Cluster.Input = new MemoryStream(Encoding.UTF8.GetBytes("""{"id":"a","run":{}}"""));
        var run = await Cluster.RunAsync("job", "add", "-");
        run.ShouldBe(new CliRun(0, "a is added; it runs next at 2026-01-01T01:00:00.000+0000\n", ""));
        Cluster.Changes.ShouldBe(["POST " + Jobs + """ {"id":"a","run":{}}"""]);
    }

    [Fact]
    public async Task What_is_wrong_with_a_job_is_told_by_its_paths()
    {
        Cluster.Refuse("POST", Jobs, 422, """{"message":"Object is not valid","details":[{"path":"/run/mem","errors":["is too small"]}]}""");
        Cluster.Input = new MemoryStream(Encoding.UTF8.GetBytes("{}"));
        var run = await Cluster.RunAsync("job", "add", "-");
        run.ExitCode.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain("/run/mem: is too small");
    }

    [Fact]
    public async Task A_run_may_be_given_variables_and_a_command()
    {
        Cluster.Answer("POST", $"{Jobs}/a/runs", """{"id":"r1"}""");
        (await Cluster.RunAsync("job", "run", "a")).Output.ShouldStartWith("run r1 of a is started");
        (await Cluster.RunAsync("job", "run", "a", "--env", "DAY=monday=1", "--cmd", "x")).ExitCode.ShouldBe(0);
        (await Cluster.RunAsync("job", "run", "a", "--env", "DAY")).ExitCode.ShouldBe(ExitCodes.Usage);
        Cluster.Changes.ShouldBe(
        [
            $"POST {Jobs}/a/runs {{}}",
            "POST " + Jobs + """/a/runs {"overrides":{"cmd":"x","env":{"DAY":"monday=1"}}}""",
        ]);
    }

    [Fact]
    public async Task All_runs_of_a_job_are_stopped_when_that_is_said()
    {
        Cluster.Answer("GET", $"{Jobs}/a/runs", """[{"id":"r1"},{"id":"r2"}]""");
        Cluster.Answer("POST", $"{Jobs}/a/runs/r1/actions/stop", "");
        Cluster.Answer("POST", $"{Jobs}/a/runs/r2/actions/stop", "");
        (await Cluster.RunAsync("job", "kill", "a")).ExitCode.ShouldBe(ExitCodes.Usage);
        (await Cluster.RunAsync("job", "kill", "a", "--all")).Output.ShouldBe("2 runs of a told to stop\n");
        Cluster.Changes.Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_history_tells_counts_skipped_ticks_and_the_runs_of_one_kind()
    {
        Cluster.Answer("GET", $"{Jobs}/a?embed=history", """
            {"id": "a", "history": {"successCount": 2, "failureCount": 1, "lastSuccessAt": "S", "lastFailureAt": null,
             "successfulFinishedRuns": [{"id": "r2", "createdAt": "C2", "finishedAt": "F2", "tasks": ["a_r2.1"]}, {"id": "r1", "createdAt": "C1", "finishedAt": "F1", "tasks": ["a_r1.1"]}],
             "failedFinishedRuns": [{"id": "r3", "createdAt": "C3", "finishedAt": "F3", "tasks": []}],
             "skippedTicks": [{"count": 3, "lastTick": "T", "message": "run r1 was active"}]}}
            """);
        (await Cluster.RunAsync("job", "history", "a", "--last")).Output.ShouldBe("""
            'a'  Successful runs: 2 Last Success: S
            'a'  Failed runs: 1 Last Failure: N/A
            'a'  Skipped ticks: 3 Last: T, run r1 was active
            TASK ID   STARTED   FINISHED
            a_r2.1    C2        F2

            """);
        (await Cluster.RunAsync("job", "history", "a", "--failures", "--quiet")).Output.ShouldBe("r3\n");
    }

    [Fact]
    public async Task Schedules_are_a_table_and_are_changed_one_by_one()
    {
        const string Schedule = """{"id":"s1","cron":"* * * * *","enabled":true,"concurrencyPolicy":"FORBID","nextRunAt":"N"}""";
        Cluster.Answer("GET", $"{Jobs}/a/schedules", $"[{Schedule}]");
        (await Cluster.RunAsync("job", "schedule", "show", "a")).Output.ShouldBe("""
            ID   CRON        ENABLED   CONCURRENCY POLICY   NEXT RUN
            s1   * * * * *   True      FORBID               N

            """);
        Cluster.Answer("PUT", $"{Jobs}/a/schedules/s1", Schedule);
        Cluster.Input = new MemoryStream(Encoding.UTF8.GetBytes("""{"id":"s1","cron":"* * * * *"}"""));
        (await Cluster.RunAsync("job", "schedule", "update", "a", "-")).Output.ShouldBe("s1 of a runs next at N\n");
        Cluster.Answer("DELETE", $"{Jobs}/a/schedules/s1", "");
        (await Cluster.RunAsync("job", "schedule", "remove", "a", "s1")).ExitCode.ShouldBe(0);
        Cluster.Changes.Last().ShouldBe($"DELETE {Jobs}/a/schedules/s1");
    }

    [Fact]
    public async Task A_job_with_active_runs_is_removed_only_with_them()
    {
        Cluster.Refuse("DELETE", $"{Jobs}/a?stopCurrentJobRuns=false", 409, """{"message":"There are active job runs."}""");
        Cluster.Answer("DELETE", $"{Jobs}/a?stopCurrentJobRuns=true", """{"id":"a"}""");
        (await Cluster.RunAsync("job", "remove", "a")).ExitCode.ShouldBe(ExitCodes.Conflict);
        (await Cluster.RunAsync("job", "remove", "a", "--stop-current-job-runs")).Output.ShouldBe("a is removed\n");
    }
}
