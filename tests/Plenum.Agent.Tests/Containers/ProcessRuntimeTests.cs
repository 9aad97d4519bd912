using Plenum.Agent.Containers;
using Plenum.Agent.Native;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers;

public sealed class ProcessRuntimeTests
{
    [Fact]
    public async Task A_command_runs_in_its_sandbox_and_nothing_isolates_it()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("pwd; echo $MESOS_SANDBOX; echo oops >&2; exit 3");

        var start = await fixture.LaunchAsync(spec);
        var exit = await fixture.EndAsync(spec.Key);

        start.Isolation.ShouldBe(ContainerIsolation.None);
        exit.ExitCode.ShouldBe(3);
        fixture.Output(spec.Key).ShouldBe($"{spec.SandboxDirectory}\n{spec.SandboxDirectory}\n");
        fixture.Error(spec.Key).ShouldBe("oops\n");
    }

    [Fact]
    public async Task Signals_reach_the_whole_group_and_are_reported()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("sh -c 'echo ready; sleep 1000'; echo went on");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate).ShouldBeTrue();

        (await fixture.EndAsync(spec.Key)).Signal.ShouldBe(LibC.SignalTerminate);
        fixture.Output(spec.Key).ShouldBe("ready\n");
    }

    [Fact]
    public async Task A_signal_in_the_first_instant_ends_the_command_and_not_only_what_waits_for_it()
    {
        const int starts = 40;
        await using var fixture = RuntimeFixture.Processes();
        for (var i = 0; i < starts; i++)
        {
            var spec = fixture.Spec("exec sleep 1000");
            await fixture.LaunchAsync(spec);
            fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate).ShouldBeTrue();
            (await fixture.EndAsync(spec.Key)).Signal.ShouldBe(LibC.SignalTerminate);
        }
    }

    [Fact]
    public async Task A_status_that_the_disk_does_not_take_is_reported_all_the_same()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("read line < gate; exit 5");
        using var gate = Gate.Create(Path.Join(spec.SandboxDirectory, "gate"));
        await fixture.LaunchAsync(spec);
        // In the way of the file that the status would be written to.
        Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "runtime", "processes", spec.Key.Name, "exit.tmp"));
        gate.Open();
        (await fixture.EndAsync(spec.Key)).ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task A_process_survives_the_agent_and_its_exit_status_is_known_afterwards()
    {
        await using var fixture = RuntimeFixture.Processes();
        var running = fixture.Spec("echo ready; read line < gate; exit 6");
        using var gate = Gate.Create(Path.Join(running.SandboxDirectory, "gate"));
        var quick = fixture.Spec("exit 4");
        await fixture.LaunchAsync(running);
        await fixture.WaitForOutputAsync(running.Key, "ready");
        await fixture.LaunchAsync(quick);
        await fixture.EndAsync(quick.Key);

        var recovered = await fixture.RestartAsync();
        gate.Open();

        recovered.Single(r => r.Key == quick.Key).Exit!.ExitCode.ShouldBe(4);
        recovered.Single(r => r.Key == running.Key).Start.ShouldNotBeNull();
        (await fixture.EndAsync(running.Key)).ExitCode.ShouldBe(6);
    }

    [Fact]
    public async Task Destroying_kills_children_that_ignore_signals()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000' & echo ready; wait");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");
        fixture.Runtime.Statistics(spec.Key)!.Processes.ShouldBeGreaterThan(1u);

        await fixture.Runtime.DestroyAsync(spec.Key);

        (await fixture.Runtime.WaitAsync(spec.Key)).ShouldBeNull();
    }

    [Fact]
    public async Task Rlimits_are_in_force_before_the_command_starts()
    {
        await using var fixture = RuntimeFixture.Processes();
        var limits = new RLimitInfo();
        limits.Rlimits.Add(new RLimitInfo.Types.RLimit { Type = RLimitInfo.Types.RLimit.Types.Type.RlmtNofile, Soft = 33, Hard = 44 });
        var spec = fixture.Spec("ulimit -Sn; ulimit -Hn") with { ResourceLimits = limits };

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("33\n44\n");
    }

    [Fact]
    public async Task What_needs_isolation_is_refused()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("true") with
        {
            Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = "busybox" } },
        };

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("an image");
    }

    [Fact]
    public async Task A_session_has_a_terminal_of_its_own()
    {
        await using var fixture = RuntimeFixture.Processes();
        var spec = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(spec);

        await using var session = await fixture.Runtime.ExecAsync(
            spec.Key,
            new ExecSpec { Command = new ContainerCommand { Value = "tty; stty size; pwd; exit 8" }, Terminal = new TerminalSize(30, 100) },
            default);
        using var reader = new StreamReader(session.Output, leaveOpen: true);
        var output = await reader.ReadToEndAsync().WaitAsync(RuntimeFixture.Patience);

        output.ShouldContain("/dev/pts/");
        output.ShouldContain("30 100");
        output.ShouldContain(spec.SandboxDirectory);
        (await session.WaitAsync().WaitAsync(RuntimeFixture.Patience)).ExitCode.ShouldBe(8);
    }
}
