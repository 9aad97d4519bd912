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
}
