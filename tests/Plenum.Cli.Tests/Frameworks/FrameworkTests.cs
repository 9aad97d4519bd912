using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Frameworks;

public sealed class FrameworkTests : CliTest
{
    private const string Frameworks = """
        {"frameworks":[
          {"id":"m-0001","name":"spark","connected":false,"roles":["a","b"],"tasks":[],"offers":[],"used_resources":{"cpus":0,"mem":0}},
          {"id":"m-0000","name":"marathon","connected":true,"role":"*","tasks":[{},{}],"offers":[{}],"used_resources":{"cpus":1.5,"mem":256}}]}
        """;

    [Fact]
    public async Task Frameworks_are_a_table_with_what_they_hold()
    {
        Cluster.Answer("GET", "/mesos/frameworks", Frameworks);
        (await Cluster.RunAsync("framework", "list")).ShouldBe(new CliRun(0, """
            NAME       STATE       ROLES   TASKS   OFFERS   CPUS   MEM   ID
            marathon   connected   *       2       1        1.5    256   m-0000
            spark      away        a,b     0       0        0      0     m-0001

            """, ""));
    }

    [Fact]
    public async Task An_explanation_says_what_keeps_offers_away_in_words()
    {
        Cluster.Answer("GET", "/mesos/frameworks", Frameworks);
        Cluster.Answer("GET", "/mesos/api/v1/plenum/frameworks/m-0001/explain", """
            {"id":"m-0001","name":"spark","connected":true,"leaves_offers_unanswered":true,"roles":[
              {"role":"a","suppressed":false,"served_before_it":3,"offers":1,
               "agents":[{"reason":"refused","count":12,"meaning":"It declined"}]},
              {"role":"b","suppressed":true,"offers":0,"agents":[]}]}
            """);
        var run = await Cluster.RunAsync("framework", "explain", "spark");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("let its last offers expire");
        run.Output.ShouldContain("role a: 1 offers unanswered, 3 others are served before it");
        run.Output.ShouldContain("12       refused   It declined");
        run.Output.ShouldContain("role b: 0 offers unanswered, suppressed by the framework itself");
    }

    [Fact]
    public async Task A_framework_that_is_not_there_is_told_so()
    {
        Cluster.Answer("GET", "/mesos/frameworks", Frameworks);
        var run = await Cluster.RunAsync("framework", "explain", "flink");
        run.ExitCode.ShouldBe(3);
        run.Error.ShouldContain("there is no framework 'flink'");
    }
}
