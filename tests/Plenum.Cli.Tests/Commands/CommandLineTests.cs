using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Commands;

public sealed class CommandLineTests : CliTest
{
    [Theory]
    [InlineData("plenum: Unrecognized command or argument 'nonsense'.", "plenum app --help", "app", "nonsense")]
    [InlineData("plenum: Required command was not provided.", "plenum app --help", "app")]
    [InlineData("plenum: 'x' is not a number of at least 0", "plenum app scale --help", "app", "scale", "web", "x")]
    [InlineData("plenum: '-3' is not a number of at least 0", "plenum app scale --help", "app", "scale", "web", "-3")]
    public async Task Wrong_words_are_told_with_the_help_to_ask_for(string error, string help, params string[] words)
    {
        var run = await Cluster.RunAsync(words);
        run.ExitCode.ShouldBe(ExitCodes.Usage);
        run.Output.ShouldBeEmpty();
        run.Error.Split('\n').ShouldContain(line => line.StartsWith(error, StringComparison.Ordinal));
        run.Error.ShouldEndWith($"plenum: {help} tells how it is used\n");
        Cluster.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("app", "list")]
    [InlineData("task", "list", "--master-url", "http://127.0.0.1:1")]
    public async Task No_cluster_says_how_to_start_one(params string[] words)
    {
        var run = await Cluster.RunAsync([.. words, "--marathon-url", "127.0.0.1:1"]);
        run.ShouldBe(new CliRun(ExitCodes.Unreachable, "", """
            plenum: no cluster answers at http://127.0.0.1:1
            plenum: start one with ./plenum up, or say where it is with --marathon-url, --master-url and --metronome-url

            """));
    }

    [Fact]
    public async Task Something_else_at_the_address_is_told_apart_from_a_cluster()
    {
        Cluster.Answer("GET", "/marathon/v2/apps", "<html>");
        var run = await Cluster.RunAsync("app", "list");
        run.ExitCode.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain("answered with something that is not JSON");
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused() =>
        (await Cluster.RunAsync("app", "list", "--marathon-url", "ftp://x")).ExitCode.ShouldBe(ExitCodes.Usage);

    [Theory]
    [InlineData("bash", "complete -o default -F _plenum_complete plenum ./plenum")]
    [InlineData("zsh", "compdef _plenum_complete plenum ./plenum")]
    public async Task Completion_is_a_script_for_the_shell(string shell, string line)
    {
        var run = await Cluster.RunAsync("completion", shell);
        run.ExitCode.ShouldBe(0);
        run.Output.Split('\n').ShouldContain(line);
    }

    [Fact]
    public async Task The_script_of_a_shell_gets_the_words_that_can_follow()
    {
        var run = await Cluster.RunAsync("[suggest:12]", "plenum app s");
        run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldContain("scale");
    }
}
