using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Priorities;

public sealed class PriorityTests : CliTest
{
    private const string Path = "/mesos/api/v1/plenum/priorities";
    private const string Known = """[{"role":"batch","priority":-5},{"role":"prod","priority":10},{"role":"also","priority":10}]""";

    [Fact]
    public async Task Priorities_are_a_table_with_the_most_important_first()
    {
        Cluster.Answer("GET", Path, Known);
        (await Cluster.RunAsync("priority", "list")).ShouldBe(new CliRun(0, """
            ROLE    PRIORITY
            also    10
            prod    10
            batch   -5

            """, ""));
        (await Cluster.RunAsync("priority", "list", "--json")).Output.ShouldContain("\"batch\"");
    }

    [Fact]
    public async Task Without_any_it_says_what_that_means()
    {
        Cluster.Answer("GET", Path, "[]");
        (await Cluster.RunAsync("priority", "list")).Output.ShouldContain("no task ends for another one's sake");
    }

    [Theory]
    [InlineData("prod/web", "10")]
    [InlineData("batch", "-5")]
    public async Task Setting_one_sends_that_role_alone(string role, string number)
    {
        Cluster.Answer("PUT", Path, "");
        var run = await Cluster.RunAsync("priority", "set", role, number);
        run.ShouldBe(new CliRun(0, $"role {role} has priority {number}\n", ""));
        Cluster.Changes.ShouldBe([$$"""PUT {{Path}} [{"role":"{{role}}","priority":{{number}}}]"""]);
    }

    [Fact]
    public async Task Removing_one_sends_null()
    {
        Cluster.Answer("GET", Path, Known);
        Cluster.Answer("PUT", Path, "");
        (await Cluster.RunAsync("priority", "remove", "batch")).ExitCode.ShouldBe(0);
        Cluster.Changes.ShouldBe([$$"""PUT {{Path}} [{"role":"batch","priority":null}]"""]);
    }

    [Fact]
    public async Task Removing_what_is_not_there_changes_nothing()
    {
        Cluster.Answer("GET", Path, Known);
        var run = await Cluster.RunAsync("priority", "remove", "pord");
        run.ExitCode.ShouldBe(ExitCodes.NotFound);
        run.Error.ShouldContain("role 'pord' has no priority");
        Cluster.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_master_refuses_is_told_in_its_words()
    {
        Cluster.Refuse("PUT", Path, 400, "Priorities are from -1000 to 1000");
        var run = await Cluster.RunAsync("priority", "set", "prod", "5000");
        run.ExitCode.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain("from -1000 to 1000");
    }

    [Fact]
    public async Task A_number_that_is_none_is_not_sent()
    {
        var run = await Cluster.RunAsync("priority", "set", "prod", "high");
        run.ExitCode.ShouldBe(ExitCodes.Usage);
        run.Error.ShouldContain("'high' is not a whole number");
        Cluster.Requests.ShouldBeEmpty();
    }
}
