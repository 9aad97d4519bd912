using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Apps;

public sealed class AppExplainTests : CliTest
{
    private const string Queue = "/marathon/v2/queue?embed=lastUnusedOffers";

    private const string App = """
        {"app":{"id":"/big","instances":3,"cpus":4,"mem":64,"tasksRunning":1,"tasksStaged":0,"tasksUnhealthy":0,
         "constraints":[["rack","GROUP_BY","3"]],"deployments":[{"id":"d-1"}],
         "lastTaskFailure":{"state":"TASK_FAILED","timestamp":"2020-01-01T00:00:00.000Z","host":"a1","message":"exited with status 7"}}}
        """;

    private const string Waiting = """
        {"queue":[
          {"count":1,"role":"*","since":"2020-01-01T00:00:00.000Z","delay":{"timeLeftSeconds":0,"overdue":true},"app":{"id":"/other"}},
          {"count":2,"role":"dev","since":"2020-01-01T00:00:00.000Z","delay":{"timeLeftSeconds":34,"overdue":false},
           "processedOffersSummary":{"processedOffersCount":12,"unusedOffersCount":12,
            "rejectSummaryLastOffers":[
             {"reason":"UnfulfilledRole","declined":0,"processed":5},
             {"reason":"UnfulfilledConstraint","declined":2,"processed":5},
             {"reason":"InsufficientCpus","declined":3,"processed":3}]},
           "lastUnusedOffers":[
            {"offer":{"resources":[{"name":"cpus","role":"*","scalar":1.5},{"name":"cpus","role":"dev","scalar":1},{"name":"mem","scalar":900}]}},
            {"offer":{"resources":[{"name":"cpus","role":"*","scalar":2}]}}],
           "app":{"id":"/big","cpus":4,"mem":64,"constraints":[["rack","GROUP_BY","3"]]}}]}
        """;

    private const string Explanation = """
        {"id":"m-0","name":"marathon","connected":true,"roles":[
          {"role":"*","suppressed":false,"offers":0,"agents":[{"reason":"elsewhere","count":9,"meaning":"of another role"}]},
          {"role":"dev","suppressed":false,"offers":0,"agents":[{"reason":"full","count":7,"meaning":"nothing is free"}]}]}
        """;

    private void Waits()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/big", App);
        Cluster.Answer("GET", Queue, Waiting);
        Cluster.Answer("GET", "/marathon/v2/info", """{"frameworkId":"m-0"}""");
        Cluster.Answer("GET", "/mesos/api/v1/plenum/frameworks/m-0/explain", Explanation);
    }

    [Fact]
    public async Task A_waiting_app_is_told_what_offers_lacked_on_how_many_agents_and_when_it_is_tried_next()
    {
        Waits();
        var run = await Cluster.RunAsync("app", "explain", "/big");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("/big: 1 of 3 instances running, 2 waiting for an offer");
        run.Output.ShouldContain("Deployment d-1 changes it");
        run.Output.ShouldContain("on a1: exited with status 7");
        run.Output.ShouldContain("2 waiting as role dev for ");
        run.Output.ShouldContain("tried next in 34s, since earlier tasks failed; 12 offers so far");
        run.Output.ShouldContain("2        UnfulfilledConstraint   a constraint is not met: rack GROUP_BY 3");
        run.Output.ShouldContain("3        InsufficientCpus        it asks for 4 cpus; the largest of the newest offers had 2.5");
        run.Output.ShouldNotContain("UnfulfilledRole");
    }

    [Fact]
    public async Task The_agents_that_are_not_offered_are_explained_by_the_master_for_the_apps_role_alone()
    {
        Waits();
        var run = await Cluster.RunAsync("app", "explain", "/big");
        run.Output.ShouldContain("7        full     nothing is free");
        run.Output.ShouldNotContain("of another role");
    }

    [Fact]
    public async Task An_app_that_waits_for_nothing_asks_nobody_else()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web","instances":2,"tasksRunning":2}}""");
        Cluster.Answer("GET", Queue, """{"queue":[]}""");
        (await Cluster.RunAsync("app", "explain", "web")).ShouldBe(
            new CliRun(0, "/web: 2 of 2 instances running, none waiting for an offer\n", ""));
        Cluster.Requests.ShouldNotContain("GET /marathon/v2/info");
    }

    [Fact]
    public async Task Programs_get_the_queue_and_the_masters_answer_as_they_are()
    {
        Waits();
        var run = await Cluster.RunAsync("app", "explain", "/big", "--json");
        run.ExitCode.ShouldBe(0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var waiting = json.RootElement.GetProperty("waiting").EnumerateArray().ShouldHaveSingleItem();
        waiting.GetProperty("count").GetInt32().ShouldBe(2);
        waiting.TryGetProperty("app", out _).ShouldBeFalse();
        json.RootElement.GetProperty("framework").GetProperty("id").GetString().ShouldBe("m-0");
    }

    [Fact]
    public async Task Without_a_master_what_Marathon_knows_is_told_all_the_same()
    {
        Waits();
        Cluster.Refuse("GET", "/mesos/api/v1/plenum/frameworks/m-0/explain", 503, """{"message":"no leader"}""");
        var run = await Cluster.RunAsync("app", "explain", "/big");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("it asks for 4 cpus");
        run.Error.ShouldContain("why other agents offer nothing is not known: ");
        var json = await Cluster.RunAsync("app", "explain", "/big", "--json");
        using var document = JsonDocument.Parse(json.Output);
        document.RootElement.GetProperty("frameworkError").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_told_so()
    {
        Cluster.Refuse("GET", "/marathon/v2/apps/none", 404, """{"message":"App '/none' does not exist"}""");
        Cluster.Refuse("GET", "/marathon/v2/pods/none::status", 404, """{"message":"Pod '/none' does not exist"}""");
        var run = await Cluster.RunAsync("app", "explain", "none");
        run.ExitCode.ShouldBe(3);
        run.Error.ShouldContain("./plenum app list");
    }
}
