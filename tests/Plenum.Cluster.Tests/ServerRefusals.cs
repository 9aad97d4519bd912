using System.Diagnostics;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>What plenumd says when it cannot or must not start, and the exit code its supervisor acts on.</summary>
public sealed class ServerRefusals
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("::")]
    public async Task An_address_other_than_loopback_is_refused_with_the_reason(string address)
    {
        var (code, output) = await RunAsync("up", "--listen", address);

        code.ShouldBe(64);
        output.ShouldContain("no login yet");
    }

    [Theory]
    [InlineData("--agents", "0")]
    [InlineData("--master-port", "70000")]
    [InlineData("--listen", "nowhere")]
    [InlineData("--qos-load-threshold-5min", "busy")]
    [InlineData("--qos-load-threshold-15min", "0")]
    [InlineData("--no-such-option", "1")]
    public async Task A_bad_option_is_named_and_help_is_pointed_at(string option, string value)
    {
        var (code, output) = await RunAsync("up", option, value);

        code.ShouldBe(64);
        output.ShouldContain(option);
        output.ShouldContain("plenumd --help");
    }

    [RootFact]
    public async Task A_second_master_on_the_same_state_directory_is_refused_and_told_who_holds_it()
    {
        await using var cluster = await TestCluster.UpAsync();

        var (code, output) = await RunAsync("master", "--state", cluster.State, "--master-port", "1", "--marathon-port", "2");

        code.ShouldBe(73);
        output.ShouldContain(cluster.State);
        output.ShouldContain(cluster.ServerPid().ToString());
    }

    [RootFact]
    public async Task Clean_leaves_the_containers_of_a_running_agent_alone()
    {
        await using var cluster = await TestCluster.UpAsync();
        await using var events = await cluster.EventsAsync();
        await cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/kept","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
        await events.WaitForTaskAsync("/kept", "TASK_RUNNING");

        var (code, output) = await RunAsync("clean", "--state", cluster.State);

        code.ShouldBe(73);
        output.ShouldContain("Another agent runs");
        var tasks = (await cluster.GetAsync("/v2/apps/kept/tasks")).GetProperty("tasks");
        tasks[0].GetProperty("state").GetString().ShouldBe("TASK_RUNNING");
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(Repository.Server, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Limit);
        await process.WaitForExitAsync(timeout.Token);
        return (process.ExitCode, await output + await error);
    }
}
