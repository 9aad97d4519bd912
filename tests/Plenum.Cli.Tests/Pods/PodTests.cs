using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Pods;

public sealed class PodTests : CliTest
{
    private const string Status = """
        {"id":"/back","status":"DEGRADED","statusSince":"2026-01-02T03:04:05.000Z",
         "spec":{"id":"/back","version":"2026-01-01T00:00:00.000Z","scaling":{"kind":"fixed","instances":3},"containers":[{"name":"db"},{"name":"web"}]},
         "instances":[
          {"id":"back.instance-1","status":"STABLE","statusSince":"2020-01-01T00:00:00.000Z","agentHostname":"h1",
           "containers":[{"name":"db","status":"TASK_RUNNING","statusSince":"2020-01-01T00:00:00.000Z"}]},
          {"id":"back.instance-2","status":"STAGING","statusSince":"2020-01-01T00:00:00.000Z","agentHostname":"h2","containers":[]}],
         "terminationHistory":[{"terminatedAt":"2020-01-01T00:00:00.000Z","message":"exited with status 7","containers":[{"lastKnownState":"TASK_FAILED"}]}]}
        """;

    private const string Definition =
        """{"id":"/back","version":"v","labels":{"keep":"1"},"scaling":{"kind":"fixed","instances":3},"containers":[{"name":"db","resources":{"cpus":0.1,"mem":32},"exec":{"command":{"shell":"serve it"}},"image":{"id":"pg:1"}}]}""";

    [Fact]
    public async Task Pods_are_listed_with_their_containers_in_the_columns_that_scripts_know()
    {
        Cluster.Answer("GET", "/marathon/v2/pods/::status", $"[{Status}]");
        Cluster.Answer("GET", "/marathon/v2/queue", """{"queue":[{"count":1,"pod":{"id":"/back"}},{"count":7,"app":{"id":"/back"}}]}""");
        (await Cluster.RunAsync("pod", "list")).ShouldBe(new CliRun(0, """
            ID+TASKS   INSTANCES   VERSION                    STATUS     STATUS SINCE               WAITING
            /back      1/3         2026-01-01T00:00:00.000Z   DEGRADED   2026-01-02T03:04:05.000Z   1
             |-db
             |-web

            """, ""));
    }

    [Fact]
    public async Task A_pods_status_shows_instances_containers_and_the_last_failure()
    {
        Cluster.Answer("GET", "/marathon/v2/pods/back::status", Status);
        var run = await Cluster.RunAsync("pod", "status", "back");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldStartWith("/back: DEGRADED, 1 of 3 instances stable\n");
        run.Output.ShouldContain("back.instance-2   STAGING");
        run.Output.ShouldContain(" |-db             TASK_RUNNING");
        run.Output.ShouldContain("exited with status 7");
    }

    [Fact]
    public async Task A_pod_is_shown_with_what_its_containers_run()
    {
        Cluster.Answer("GET", "/marathon/v2/pods/back", Definition);
        var run = await Cluster.RunAsync("pod", "show", "/back");
        run.Output.ShouldContain("instances  3\n");
        run.Output.ShouldContain("pg:1: serve it");
    }

    [Fact]
    public async Task Words_change_the_pod_as_it_is_and_send_it_whole()
    {
        Cluster.Answer("GET", "/marathon/v2/pods/back", """{"id":"/back","labels":{"keep":"1"},"scaling":{"kind":"fixed","instances":3},"containers":[{"name":"db"}]}""");
        Cluster.Answer("PUT", "/marathon/v2/pods/back", "{}");
        await Cluster.RunAsync("pod", "update", "back", "scaling.instances=5", "labels.a=b");
        Cluster.Changes.ShouldBe(
            ["PUT /marathon/v2/pods/back " + """{"id":"/back","labels":{"keep":"1","a":"b"},"scaling":{"kind":"fixed","instances":5},"containers":[{"name":"db"}]}"""]);
    }

    [Fact]
    public async Task All_instances_are_killed_or_those_that_are_named()
    {
        Cluster.Answer("GET", "/marathon/v2/pods/back::status", Status);
        Cluster.Answer("DELETE", "/marathon/v2/pods/back::instances", """[{"instanceId":{"idString":"back.instance-2"}}]""");
        (await Cluster.RunAsync("pod", "kill", "back", "back.instance-2")).ShouldBe(
            new CliRun(0, "/back: 1 instance killed, others take their place\n", ""));
        await Cluster.RunAsync("pod", "kill", "back");
        Cluster.Changes.ShouldBe(
        [
            """DELETE /marathon/v2/pods/back::instances ["back.instance-2"]""",
            """DELETE /marathon/v2/pods/back::instances ["back.instance-1","back.instance-2"]""",
        ]);
        var unknown = await Cluster.RunAsync("pod", "kill", "back", "nonsense");
        unknown.ExitCode.ShouldBe(ExitCodes.NotFound);
        unknown.Error.ShouldContain("/back has no instance 'nonsense'");
        Cluster.Changes.Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_pod_is_added_from_its_file_and_removed_again()
    {
        Cluster.Input = new MemoryStream("""{"id":"back","containers":[]}"""u8.ToArray());
        Cluster.Answer("POST", "/marathon/v2/pods", "{}");
        Cluster.Answer("DELETE", "/marathon/v2/pods/back", "{}");
        (await Cluster.RunAsync("pod", "add", "-")).Output.ShouldBe("/back is deployed\n");
        (await Cluster.RunAsync("pod", "remove", "back")).Output.ShouldBe("/back is removed\n");
        Cluster.Changes.ShouldBe(["""POST /marathon/v2/pods {"id":"back","containers":[]}""", "DELETE /marathon/v2/pods/back"]);
        Cluster.Input = new MemoryStream("""{"id":"web","cmd":"x"}"""u8.ToArray());
        (await Cluster.RunAsync("pod", "add", "-")).ExitCode.ShouldBe(ExitCodes.Usage);
    }

    [Fact]
    public async Task Why_a_pod_waits_is_explained_as_for_an_app_rule_by_rule()
    {
        Cluster.Refuse("GET", "/marathon/v2/apps/back", 404, """{"message":"App '/back' does not exist"}""");
        Cluster.Answer("GET", "/marathon/v2/pods/back::status", Status);
        Cluster.Answer("GET", "/marathon/v2/deployments", """[{"id":"d-1","affectedPods":["/back"]}]""");
        Cluster.Answer("GET", "/marathon/v2/info", "{}");
        Cluster.Answer("GET", "/marathon/v2/queue?embed=lastUnusedOffers", """
            {"queue":[{"count":1,"role":"*","since":"2020-01-01T00:00:00.000Z","delay":{"timeLeftSeconds":0,"overdue":true},
              "processedOffersSummary":{"processedOffersCount":5},
              "waiting":{"agents":5,"nextTryAt":"2020-01-01T00:02:00.000Z","unmet":[
                {"reason":"UnfulfilledConstraint","agents":3,"rule":"rack LIKE a.*"},
                {"reason":"InsufficientCpus","agents":2,"needed":4,"offered":2.5}]},
              "pod":{"id":"/back"}}]}
            """);
        foreach (var command in new[] { "app", "pod" })
        {
            var run = await Cluster.RunAsync(command, "explain", "back");
            run.ExitCode.ShouldBe(0, run.Error);
            run.Output.ShouldContain("/back: 1 of 3 instances running, 1 starting, 1 waiting for an offer");
            run.Output.ShouldContain("Deployment d-1 changes it");
            run.Output.ShouldContain("exited with status 7");
            run.Output.ShouldContain("3        UnfulfilledConstraint   not met: rack LIKE a.*");
            run.Output.ShouldContain("2        InsufficientCpus        it asks for 4 cpus; the best of these agents offered 2.5");
        }
    }
}
