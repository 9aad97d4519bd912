using System.Text;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;
using Plenum.Agent.Tests.Server;

namespace Plenum.Agent.Tests.Containers;

public sealed class ExecSessionTests
{
    [RootFact]
    public async Task A_session_shares_the_containers_processes_and_passes_input_output_and_exit_code()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);

        await using var session = await fixture.Runtime.ExecAsync(
            spec.Key, Shell("echo $A; cat; cat /proc/1/cmdline | tr '\\0' ' ' >&2; exit 9"), default);
        await session.Input.WriteAsync("through the pipe\n"u8.ToArray());
        await session.Input.DisposeAsync();
        var output = await ReadAsync(session.Output);
        var error = await ReadAsync(session.Error);
        var exit = await session.WaitAsync().WaitAsync(RuntimeFixture.Patience);

        output.ShouldBe("from the session\nthrough the pipe\n");
        error.ShouldContain("sleep 1000");
        exit.ExitCode.ShouldBe(9);
        session.HasTerminal.ShouldBeFalse();
    }

    [RootFact]
    public async Task A_terminal_has_the_size_asked_for_and_can_be_resized()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);

        // crun starts the program and then gives its terminal the size: a program that looks at once may still find none.
        await using var session = await fixture.Runtime.ExecAsync(
            spec.Key,
            Shell("tty; until [ \"$(stty size)\" != '0 0' ]; do sleep 0.05; done; stty size; trap 'stty size; [ \"$(stty size)\" = \"50 132\" ] && exit 4' WINCH; echo ready; while :; do sleep 0.05; done") with { Terminal = new TerminalSize(40, 120) },
            default);
        var output = await ReadUntilAsync(session.Output, "ready");
        session.Resize(new TerminalSize(50, 132));
        output += await ReadAsync(session.Output);

        session.HasTerminal.ShouldBeTrue();
        output.ShouldContain("/dev/pts/");
        output.ShouldContain("40 120");
        output.ShouldContain("50 132");
        (await session.WaitAsync().WaitAsync(RuntimeFixture.Patience)).ExitCode.ShouldBe(4);
    }

    [RootFact]
    public async Task Disposing_a_session_kills_it_and_its_children_but_not_the_container()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("exec sleep 1000");
        var start = await fixture.LaunchAsync(spec);
        var session = await fixture.Runtime.ExecAsync(spec.Key, Shell("trap '' TERM HUP; sleep 2000 & sleep 3000 & echo started; wait"), default);
        await ReadUntilAsync(session.Output, "started");
        using var watcher = new ProcessWatcher();
        var ends = fixture.ProcessesOf(spec).Where(pid => pid != start.Pid)
            .Select(pid => ProcessHandle.TryOpen(pid).ShouldNotBeNull())
            .Select(watcher.WatchAsync).ToList();
        ends.Count.ShouldBe(3);

        await session.DisposeAsync();

        // The cgroup lists a dying process a moment longer than its end can be seen, so the ends are what counts.
        await Task.WhenAll(ends).WaitAsync(RuntimeFixture.Patience);
        ProcessStatus.TryRead(start.Pid).ShouldNotBeNull();
        fixture.ProcessesOf(spec).ShouldContain(start.Pid);
    }

    [RootFact]
    public async Task A_session_that_an_agent_left_behind_is_killed_by_the_next_one()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);
        var session = await fixture.Runtime.ExecAsync(spec.Key, Shell("echo started; sleep 3000"), default);
        await ReadUntilAsync(session.Output, "started");

        await fixture.RestartAsync();

        // SIGKILL has been sent; the end of the session's output tells when it has worked.
        await ReadAsync(session.Output);
        await using var look = await fixture.Runtime.ExecAsync(spec.Key, Shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), default);
        (await ReadAsync(look.Output)).ShouldNotContain("sleep 3000");
    }

    [RootFact]
    public async Task A_program_that_does_not_exist_fails_the_session_with_its_name()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.Runtime.ExecAsync(
            spec.Key, new ExecSpec { Command = new ContainerCommand { Shell = false, Value = "no-such-program" } }, default));

        failure.Message.ShouldContain("no-such-program");
    }

    [RootFact]
    public async Task A_session_that_is_given_up_before_its_runtime_has_answered_leaves_no_command_behind()
    {
        await using var fixture = RuntimeFixture.Linux();
        // Starts the command and never says so.
        var crun = fixture.Program(
            "crun",
            $$"""
            case "$*" in *' exec '*) ;; *) exec {{HostPrograms.TryFind("crun")}} "$@";; esac
            {{HostPrograms.TryFind("crun")}} "$@" 3>/dev/null
            exit 1
            """);
        await using var runtime = new ConmonRuntime(
            fixture.Options, new HostPrograms(HostPrograms.TryFind("conmon")!, crun, RuntimeIsCrun: true),
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var spec = fixture.Spec("exec sleep 1000");
        var start = await runtime.LaunchAsync(spec, CancellationToken.None);
        using var giveUp = new CancellationTokenSource();
        var seen = LineIn.FileAsync(Path.Join(spec.SandboxDirectory, "here"), "all");
        var session = runtime.ExecAsync(
            spec.Key,
            Shell($"cd {spec.SandboxDirectory}; trap '' TERM HUP; sleep 2000 & (sleep 3000 & exec true); echo all > here; wait; sleep 4000"),
            giveUp.Token);
        await seen;
        using var watcher = new ProcessWatcher();
        var ends = fixture.ProcessesOf(spec).Where(pid => pid != start.Pid)
            .Select(pid => ProcessHandle.TryOpen(pid).ShouldNotBeNull())
            .Select(watcher.WatchAsync).ToList();
        ends.Count.ShouldBeGreaterThanOrEqualTo(3);

        await giveUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => session.WaitAsync(RuntimeFixture.Patience));
        await Task.WhenAll(ends).WaitAsync(RuntimeFixture.Patience);
        fixture.ProcessesOf(spec).ShouldContain(start.Pid);
        await runtime.DestroyAsync(spec.Key);
    }

    [RootFact]
    public async Task A_session_ends_with_its_container()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);
        await using var session = await fixture.Runtime.ExecAsync(spec.Key, Shell("sleep 3000"), default);

        await fixture.Runtime.DestroyAsync(spec.Key);

        (await session.WaitAsync().WaitAsync(RuntimeFixture.Patience)).Signal.ShouldBe(LibC.SignalKill);
        await Should.ThrowAsync<ContainerLaunchException>(() => fixture.Runtime.ExecAsync(spec.Key, Shell("true"), default));
    }

    private static ExecSpec Shell(string command) => new()
    {
        Command = new ContainerCommand
        {
            Value = command,
            Environment = new Dictionary<string, string> { ["A"] = "from the session" },
        },
    };

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadToEndAsync().WaitAsync(RuntimeFixture.Patience);
    }

    private static async Task<string> ReadUntilAsync(Stream stream, string text)
    {
        var seen = new StringBuilder();
        var buffer = new byte[1024];
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(RuntimeFixture.Patience);
            count.ShouldBeGreaterThan(0, seen.ToString());
            seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        return seen.ToString();
    }
}
