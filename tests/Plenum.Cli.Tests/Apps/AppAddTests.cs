using System.Text;
using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Apps;

public sealed class AppAddTests : CliTest
{
    private const string App = """{"id":"/web","cmd":"sleep 9","instances":2}""";
    private const string Created = """{"id":"/web","instances":2,"deployments":[{"id":"d1"}]}""";
    private const string Running =
        """[{"id":"d1","currentStep":1,"totalSteps":2,"affectedApps":["/web"],"currentActions":[{"action":"ScaleApplication","app":"/web"}]}]""";

    [Fact]
    public async Task An_app_is_posted_as_the_file_has_it_and_followed_until_it_runs()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/apps/web", AppAnswer(running: 0), AppAnswer(running: 1), AppAnswer(running: 2));
        Cluster.On("GET", "/marathon/v2/deployments", async context =>
        {
            // Seen twice on its way; then it ends.
            if (Cluster.Requests.Count(request => request.EndsWith("/v2/deployments", StringComparison.Ordinal)) == 3)
            {
                Cluster.Succeeds("d1");
            }
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Running));
        });

        var run = await Cluster.RunAsync("app", "add", "-");

        run.ShouldBe(new CliRun(0, "/web is deployed (2 of 2 running)\n", run.Error));
        run.Error.ShouldStartWith("step 1/2: scale /web (0 of 2 running)\nstep 1/2: scale /web (1 of 2 running)\n");
        Cluster.Changes.ShouldBe(["POST /marathon/v2/apps " + App]);
    }

    [Fact]
    public async Task On_a_terminal_the_progress_is_one_line_that_is_gone_at_the_end()
    {
        Given(App);
        Cluster.Terminal.IsTerminal = true;
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/apps/web", AppAnswer(running: 2));
        Cluster.Answer("GET", "/marathon/v2/deployments", Running, "[]");

        var run = await Cluster.RunAsync("app", "add", "-");

        run.Error.ShouldBe("\r\u001b[Kstep 1/2: scale /web (2 of 2 running)\r\u001b[K");
    }

    [Fact]
    public async Task For_programs_standard_output_is_one_JSON_object_and_prose_goes_to_standard_error()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/apps/web", AppAnswer(running: 2));
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Succeeds("d1");

        var run = await Cluster.RunAsync("app", "add", "-", "--json");

        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal)
            .ShouldBe("""{"id":"/web","deploymentId":"d1","result":"succeeded"}""");
        run.Error.ShouldEndWith("/web is deployed (2 of 2 running)\n");
    }

    [Fact]
    public async Task Without_waiting_the_deployment_is_named_and_not_followed()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);

        var run = await Cluster.RunAsync("app", "add", "--no-wait", "-");

        run.ShouldBe(new CliRun(0, "/web: deployment d1 started; ./plenum deployment watch d1 follows it\n", ""));
    }

    [Fact]
    public async Task A_deployment_that_does_not_end_in_time_goes_on_and_the_exit_code_says_so()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/apps/web", AppAnswer(running: 0));
        Cluster.Answer("GET", "/marathon/v2/deployments", Running);
        Cluster.Answer(
            "GET",
            "/marathon/v2/queue",
            """{"queue":[{"app":{"id":"/web"},"delay":{"overdue":true},"processedOffersSummary":{"rejectSummaryLastOffers":[{"reason":"INSUFFICIENT_CPUS","declined":2},{"reason":"INSUFFICIENT_MEMORY","declined":0}]}}]}""");

        var run = await Cluster.RunAsync("app", "add", "--timeout", "3", "-");

        run.ExitCode.ShouldBe(ExitCodes.TimedOut);
        run.Error.ShouldBe("""
            step 1/2: scale /web (0 of 2 running); no offer fits: INSUFFICIENT_CPUS
            plenum: /web: deployment d1 still runs; no offer fits: INSUFFICIENT_CPUS
            plenum: ./plenum deployment watch d1 follows it, ./plenum deployment rollback d1 takes it back

            """);
    }

    [Fact]
    public async Task A_start_that_failed_is_told_once_with_its_reason_and_without_counting_seconds_into_a_log()
    {
        Given(App);
        var seconds = 100;
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer(
            "GET",
            "/marathon/v2/apps/web",
            """{"app":{"id":"/web","version":"v1","instances":2,"tasksRunning":0,"lastTaskFailure":{"version":"v1","message":"no such image"}}}""");
        Cluster.Answer("GET", "/marathon/v2/deployments", Running);
        Cluster.On("GET", "/marathon/v2/queue", async context => await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(
            $$$"""{"queue":[{"app":{"id":"/web"},"delay":{"overdue":false,"timeLeftSeconds":{{{seconds--}}}}}]}""")));

        var run = await Cluster.RunAsync("app", "add", "--timeout", "3", "-");

        run.Error.ShouldBe("""
            step 1/2: scale /web (0 of 2 running); the last start failed: no such image
            plenum: /web: deployment d1 still runs; the last start failed: no such image
            plenum: ./plenum deployment watch d1 follows it, ./plenum deployment rollback d1 takes it back

            """);
        seconds.ShouldBeLessThan(99);
    }

    [Fact]
    public async Task A_deployment_that_is_cancelled_fails_the_command()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Event("""{"eventType":"deployment_failed","id":"d1","reason":"replaced"}""");

        var run = await Cluster.RunAsync("app", "add", "-");

        run.ExitCode.ShouldBe(ExitCodes.DeploymentFailed);
        run.Error.ShouldContain("plenum: /web: deployment d1 failed or was cancelled: replaced\n");
    }

    [Fact]
    public async Task A_deployment_that_leaves_the_list_without_an_event_is_over()
    {
        Given(App);
        Cluster.Refuse("GET", "/marathon/v2/events?event_type=deployment_success&event_type=deployment_failed", 501, "{}");
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");

        (await Cluster.RunAsync("app", "add", "-")).ShouldBe(new CliRun(0, "/web: deployment d1 is over\n", ""));
    }

    [Fact]
    public async Task A_master_that_is_restarted_meanwhile_is_waited_for()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps", Created);
        Cluster.Answer("GET", "/marathon/v2/apps/web", AppAnswer(running: 2));
        var asked = 0;
        Cluster.On("GET", "/marathon/v2/deployments", context =>
        {
            if (++asked < 4)
            {
                context.Abort();
                return Task.CompletedTask;
            }
            Cluster.Succeeds("d1");
            return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Running)).AsTask();
        });

        var run = await Cluster.RunAsync("app", "add", "-");

        run.Output.ShouldBe("/web is deployed (2 of 2 running)\n");
        run.Error.ShouldStartWith("the cluster does not answer; waiting for it to come back\n");
    }

    [Theory]
    [InlineData("""{"id":"/shop","apps":[]}""", "/marathon/v2/groups")]
    [InlineData("""{"id":"shop","groups":[]}""", "/marathon/v2/groups")]
    [InlineData("""{"id":"/pod","containers":[]}""", "/marathon/v2/pods")]
    [InlineData("""{"id":"/app","container":{}}""", "/marathon/v2/apps")]
    public async Task Groups_pods_and_apps_are_told_apart_by_their_members(string definition, string path)
    {
        Given(definition);
        Cluster.Answer("POST", path, """{"deploymentId":"d1"}""");

        (await Cluster.RunAsync("app", "add", "--no-wait", "-")).ExitCode.ShouldBe(0);
        Cluster.Changes.ShouldBe([$"POST {path} {definition}"]);
    }

    [Fact]
    public async Task An_app_that_exists_is_a_conflict_with_advice()
    {
        Given(App);
        Cluster.Refuse("POST", "/marathon/v2/apps", 409, """{"message":"An app with id [/web] already exists."}""");

        (await Cluster.RunAsync("app", "add", "-")).ShouldBe(new CliRun(ExitCodes.Conflict, "", """
            plenum: An app with id [/web] already exists.
            plenum: change what exists with ./plenum app update /web, or remove it first

            """));
    }

    [Fact]
    public async Task An_app_that_is_locked_names_the_deployment_to_wait_for()
    {
        Given(App);
        Cluster.Refuse("POST", "/marathon/v2/apps", 409, """{"message":"App is locked","deployments":[{"id":"d7"}]}""");

        var run = await Cluster.RunAsync("app", "add", "-");

        run.ExitCode.ShouldBe(ExitCodes.Conflict);
        run.Error.ShouldEndWith("plenum: wait for it with ./plenum deployment watch d7, or cancel it with --force\n");
    }

    [Fact]
    public async Task Force_is_asked_of_the_cluster()
    {
        Given(App);
        Cluster.Answer("POST", "/marathon/v2/apps?force=true", Created);

        (await Cluster.RunAsync("app", "add", "--force", "--no-wait", "-")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_wrong_with_a_definition_is_listed_path_by_path()
    {
        Given(App);
        Cluster.Refuse(
            "POST",
            "/marathon/v2/apps",
            422,
            """{"message":"Object is not valid","details":[{"path":"/cpus","errors":["must be positive","odd"]},{"path":"/","errors":["x"]}]}""");

        (await Cluster.RunAsync("app", "add", "-")).ShouldBe(new CliRun(ExitCodes.Refused, "", """
            plenum: Object is not valid
              /cpus: must be positive
              /cpus: odd
              /: x

            """));
    }

    [Theory]
    [InlineData("{\"id\":\"/web\",\n oops}", "plenum: standard input is not JSON: line 2, byte 2\n")]
    [InlineData("[]", "plenum: - does not hold an app")]
    [InlineData("{\"cmd\":\"x\"}", "plenum: - does not hold an app")]
    public async Task A_file_that_is_no_definition_is_refused_before_anything_is_sent(string text, string error)
    {
        Given(text);
        var run = await Cluster.RunAsync("app", "add", "-");

        run.ExitCode.ShouldBe(ExitCodes.Usage);
        run.Error.ShouldStartWith(error);
        Cluster.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var run = await Cluster.RunAsync("app", "add", "/nowhere/web.json");
        run.ShouldBe(new CliRun(ExitCodes.Usage, "", "plenum: there is no file /nowhere/web.json\n"));
    }

    private static string AppAnswer(int running) => $$$"""{"app":{"id":"/web","instances":2,"tasksRunning":{{{running}}}}}""";

    private void Given(string input) => Cluster.Input = new MemoryStream(Encoding.UTF8.GetBytes(input));
}
