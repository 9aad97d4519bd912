using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Deployments;

public sealed class DeploymentTests : CliTest
{
    private const string Two = """
        [{"id":"abc-1","version":"2026-03-01T11:59:30.000Z","currentStep":1,"totalSteps":3,"affectedApps":["/web","/db"],
          "currentActions":[{"action":"RestartApplication","app":"/web"},{"action":"StopPod","pod":"/p"}]},
         {"id":"xyz-2","version":"2026-03-01T10:00:00.000Z","currentStep":0,"totalSteps":1,"affectedApps":["/b"],"currentActions":[]}]
        """;

    [Fact]
    public async Task Deployments_are_a_table_for_people()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Two);
        (await Cluster.RunAsync("deployment", "list")).ShouldBe(new CliRun(0, """
            ID      APPS       STEP   DOING                   SINCE
            abc-1   /web /db   1/3    replace /web, stop /p   30s
            xyz-2   /b         0/1                            2h

            """, ""));
    }

    [Fact]
    public async Task No_deployment_is_said_so()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        (await Cluster.RunAsync("deployment", "list")).Output.ShouldBe("no deployment is running\n");
    }

    [Fact]
    public async Task The_start_of_an_id_is_enough_to_watch_one()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Two);
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web","instances":1,"tasksRunning":1}}""");
        Cluster.Succeeds("abc-1");
        (await Cluster.RunAsync("deployment", "watch", "ab")).Output.ShouldBe("/web is deployed (1 of 1 running)\n");
    }

    [Fact]
    public async Task Several_deployments_must_be_told_apart()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Two);
        var run = await Cluster.RunAsync("deployment", "watch");
        run.ExitCode.ShouldBe(ExitCodes.Usage);
        run.Error.ShouldContain("abc-1, xyz-2");
    }

    [Fact]
    public async Task Watching_what_does_not_run_is_not_found()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Two);
        (await Cluster.RunAsync("deployment", "watch", "q")).ExitCode.ShouldBe(ExitCodes.NotFound);
    }

    [Fact]
    public async Task A_rollback_is_followed_as_the_deployment_it_is()
    {
        Cluster.Answer("DELETE", "/marathon/v2/deployments/abc-1", """{"version":"v","deploymentId":"back"}""");
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Succeeds("back");
        (await Cluster.RunAsync("deployment", "rollback", "abc-1")).ShouldBe(new CliRun(0, "deployment abc-1 is taken back\n", ""));
    }

    private const string Waiting = """
        [{"id":"abc-1","version":"2026-03-01T11:59:30.000Z","currentStep":1,"totalSteps":1,"affectedApps":["/web"],
          "currentActions":[{"action":"RestartApplication","app":"/web"}],
          "canaries":[{"app":"/web","step":1,"steps":2,"instances":2,"ready":2,"waitsForPromotion":true}]}]
        """;

    private const string OneWaits = """
        2 canaries of /web ready; ./plenum deployment promote abc-1 lets it on, ./plenum deployment revert abc-1 takes it back
        """;

    [Fact]
    public async Task Canaries_that_wait_for_a_person_end_the_watching_and_say_what_to_do()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Waiting);
        (await Cluster.RunAsync("deployment", "watch")).ShouldBe(new CliRun(0, $"/web: deployment abc-1 waits: {OneWaits}\n", ""));
        (await Cluster.RunAsync("deployment", "list")).Output.ShouldContain("replace /web (waits for promotion)");
    }

    [Fact]
    public async Task Canaries_that_go_on_by_themselves_are_watched_to_the_end()
    {
        Cluster.Answer("GET", "/marathon/v2/deployments", Waiting.Replace("true", "false", StringComparison.Ordinal));
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web","instances":1,"tasksRunning":1}}""");
        Cluster.Succeeds("abc-1");
        (await Cluster.RunAsync("deployment", "watch")).Output.ShouldBe("/web is deployed (1 of 1 running)\n");
    }

    [Fact]
    public async Task A_promotion_is_followed_to_the_end_of_its_deployment()
    {
        Cluster.Answer("POST", "/marathon/v2/deployments/abc-1/promote?full=true", """{"version":"v","deploymentId":"abc-1"}""");
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Succeeds("abc-1");
        (await Cluster.RunAsync("deployment", "promote", "abc-1", "--full")).ShouldBe(new CliRun(0, "deployment abc-1 is done\n", ""));
    }

    [Fact]
    public async Task Pausing_and_resuming_say_what_comes_next()
    {
        Cluster.Answer("POST", "/marathon/v2/deployments/abc-1/pause", """{"version":"v","deploymentId":"abc-1"}""");
        Cluster.Answer("POST", "/marathon/v2/deployments/abc-1/resume", """{"version":"v","deploymentId":"abc-1"}""");
        (await Cluster.RunAsync("deployment", "pause", "abc-1")).Output
            .ShouldBe("deployment abc-1 stands still; ./plenum deployment resume abc-1 lets it go on\n");
        (await Cluster.RunAsync("deployment", "resume", "abc-1")).Output.ShouldBe("deployment abc-1 goes on\n");
    }
}
