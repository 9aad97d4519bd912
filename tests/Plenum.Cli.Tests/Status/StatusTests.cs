using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Status;

public sealed class StatusTests : CliTest
{
    private const string Summary = """
        {"cluster":"home","slaves":[{"active":true,"resources":{"cpus":4,"mem":1000,"disk":50},"used_resources":{"cpus":0.5,"mem":100},"TASK_RUNNING":2,"TASK_STAGING":1},{"active":false}],
         "frameworks":[{"name":"marathon"},{"name":"spark"}]}
        """;

    [Fact]
    public async Task A_running_cluster_is_told_in_a_few_lines()
    {
        Cluster.Answer("GET", "/mesos/state-summary", Summary);
        Cluster.Answer("GET", "/marathon/v2/info", """{"version":"1.11.24"}""");
        Cluster.Answer("GET", "/marathon/v2/apps", """{"apps":[{"instances":2,"tasksRunning":2},{"instances":1,"tasksRunning":0}]}""");
        Cluster.Answer("GET", "/marathon/v2/deployments", "[{}]");
        (await Cluster.RunAsync("status")).ShouldBe(new CliRun(0, $"""
            master       answers at 127.0.0.1:{Cluster.Port}
            cluster      home
            nodes        1 of 2 active
            used         0.5 of 4 cpus, 100 of 1000 MB memory, 0 of 50 MB disk
            tasks        2 running, 1 starting
            frameworks   marathon, spark
            marathon     1.11.24 answers at 127.0.0.1:{Cluster.Port}
            apps         2, 1 with all instances running
            deployments  1 deployment running

            """, ""));
    }

    [Fact]
    public async Task A_cluster_that_does_not_run_says_how_to_start_it()
    {
        var run = await Cluster.RunAsync("status", "--json", "--master-url", Dead(), "--marathon-url", Dead());
        run.ExitCode.ShouldBe(ExitCodes.Unreachable);
        run.Error.ShouldEndWith("plenum: start it with ./plenum up\n");
        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.GetProperty("running").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Half_a_cluster_is_told_as_half()
    {
        Cluster.Answer("GET", "/mesos/state-summary", Summary);
        var run = await Cluster.RunAsync("status", "--marathon-url", Dead());
        run.ExitCode.ShouldBe(ExitCodes.Unreachable);
        run.Output.ShouldContain("marathon    does not answer at 127.0.0.1:1\n");
    }

    // Nothing listens on the first port of a test machine.
    private static string Dead() => "http://127.0.0.1:1";
}
