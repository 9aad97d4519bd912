using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Apps;

public sealed class AppChangeTests : CliTest
{
    private const string Result = """{"version":"v","deploymentId":"d1"}""";

    [Theory]
    [InlineData("web")]
    [InlineData("/web")]
    [InlineData("/web/")]
    public async Task Scaling_changes_the_instances_alone_and_tells_when_they_run(string id)
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web","instances":5,"tasksRunning":5,"tasksHealthy":4,"healthChecks":[{}]}}""");
        Cluster.Answer("PUT", "/marathon/v2/apps/web", Result);
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Succeeds("d1");

        var run = await Cluster.RunAsync("app", "scale", id, "5");

        run.ShouldBe(new CliRun(0, "/web is scaled (5 of 5 running, 4 healthy)\n", ""));
        Cluster.Changes.ShouldBe(["""PUT /marathon/v2/apps/web {"instances":5}"""]);
    }

    [Theory]
    [InlineData("scale", "wev", "3")]
    [InlineData("update", "wev", "instances=3")]
    public async Task A_typing_error_in_the_id_does_not_create_an_app(params string[] words)
    {
        Cluster.Refuse("GET", "/marathon/v2/apps/wev", 404, """{"message":"App '/wev' does not exist"}""");

        var run = await Cluster.RunAsync(["app", .. words]);

        run.ShouldBe(new CliRun(ExitCodes.NotFound, "", """
            plenum: App '/wev' does not exist
            plenum: ./plenum app list shows what there is

            """));
        Cluster.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Words_are_JSON_where_they_can_be_and_text_where_they_cannot()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web","env":{"KEEP":"1"},"labels":{"a.b":"0"},"upgradeStrategy":{"minimumHealthCapacity":1}}}""");
        Cluster.Answer("PUT", "/marathon/v2/apps/web", Result);

        await Cluster.RunAsync(
            "app", "update", "--no-wait", "web", "cmd=sleep 100", "mem=64.5", "constraints=[[\"hostname\",\"UNIQUE\"]]",
            "env.COLOR=green", "env.PORT=80", "labels.a.b=1", "upgradeStrategy.maximumOverCapacity=0.5");

        Cluster.Changes.ShouldBe([
            "PUT /marathon/v2/apps/web " + """{"cmd":"sleep 100","mem":64.5,"constraints":[["hostname","UNIQUE"]],"env":{"KEEP":"1","COLOR":"green","PORT":"80"},"labels":{"a.b":"1"},"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":0.5}}""",
        ]);
    }

    [Fact]
    public async Task A_file_is_a_partial_update_unless_it_replaces_the_whole()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{"cpus":2}""");
            Cluster.Answer("PUT", "/marathon/v2/apps/web", Result);
            Cluster.Answer("PUT", "/marathon/v2/apps/web?partialUpdate=false&force=true", Result);

            (await Cluster.RunAsync("app", "update", "web", file, "--no-wait")).ExitCode.ShouldBe(0);
            (await Cluster.RunAsync("app", "update", "web", file, "--no-wait", "--replace", "--force")).ExitCode.ShouldBe(0);

            Cluster.Changes.ShouldBe([
                """PUT /marathon/v2/apps/web {"cpus":2}""",
                """PUT /marathon/v2/apps/web?partialUpdate=false&force=true {"cpus":2}""",
            ]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("a=1", "b")]
    [InlineData("=1", "b=2")]
    public async Task Words_of_another_form_are_refused(params string[] words)
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web"}}""");
        (await Cluster.RunAsync(["app", "update", "web", .. words])).ExitCode.ShouldBe(ExitCodes.Usage);
        Cluster.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_member_inside_something_without_members_is_refused()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """{"app":{"id":"/web"}}""");
        var run = await Cluster.RunAsync("app", "update", "web", "container={\"docker\":5}", "container.docker.image=x");
        run.ExitCode.ShouldBe(ExitCodes.Usage);
        run.Error.ShouldContain("image lies inside something that has no members");
    }

    [Fact]
    public async Task Restarting_and_removing_ask_for_just_that()
    {
        Cluster.Answer("POST", "/marathon/v2/apps/shop/c%20art/restart", Result);
        Cluster.Answer("DELETE", "/marathon/v2/apps/shop/c%20art", Result);
        Cluster.Answer("GET", "/marathon/v2/deployments", "[]");
        Cluster.Refuse("GET", "/marathon/v2/apps/shop/c%20art", 404, """{"message":"App '/shop/c art' does not exist"}""");
        Cluster.Succeeds("d1");

        (await Cluster.RunAsync("app", "remove", "/shop/c art")).ShouldBe(new CliRun(0, "/shop/c art is removed\n", ""));
        (await Cluster.RunAsync("app", "restart", "/shop/c art", "--no-wait")).ExitCode.ShouldBe(0);
        Cluster.Changes.ShouldBe(["DELETE /marathon/v2/apps/shop/c%20art", "POST /marathon/v2/apps/shop/c%20art/restart"]);
    }

    [Fact]
    public async Task An_interrupt_ends_the_waiting_with_the_code_of_interrupts()
    {
        Cluster.Answer("POST", "/marathon/v2/apps/web/restart", Result);
        using var interrupt = new CancellationTokenSource();
        Cluster.On("GET", "/marathon/v2/deployments", async context =>
        {
            await interrupt.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        var run = await Cluster.RunAsync(interrupt.Token, "app", "restart", "web");

        run.ShouldBe(new CliRun(ExitCodes.Interrupted, "", "plenum: interrupted\n"));
    }
}
