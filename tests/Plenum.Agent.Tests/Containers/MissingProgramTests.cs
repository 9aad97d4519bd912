using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers;

/// <summary>The programs that run containers go or break while the agent runs.</summary>
public sealed class MissingProgramTests
{
    [RootFact]
    public async Task Without_conmon_or_with_a_runtime_that_fails_a_launch_fails_with_a_reason_and_leaves_nothing()
    {
        await using var fixture = RuntimeFixture.Linux();
        var conmon = HostPrograms.TryFind("conmon")!;
        var crun = HostPrograms.TryFind("crun")!;
        await ShouldFailAsync(fixture, new HostPrograms("/nowhere/conmon", crun, RuntimeIsCrun: true), "/nowhere/conmon");
        await ShouldFailAsync(fixture, new HostPrograms("/bin/false", crun, RuntimeIsCrun: true), "/bin/false");
        await ShouldFailAsync(fixture, new HostPrograms(conmon, "/nowhere/crun", RuntimeIsCrun: true), "/nowhere/crun");
        await ShouldFailAsync(fixture, new HostPrograms(conmon, "/bin/false", RuntimeIsCrun: true), "/bin/false");
        await ShouldFailAsync(fixture, new HostPrograms(fixture.Program("garbage", "head -c 1000 /dev/urandom | tr '\\n' x >&3"), crun, RuntimeIsCrun: true), "garbage");
        await ShouldFailAsync(fixture, new HostPrograms(fixture.Program("endless", "exec cat /dev/zero >&3"), crun, RuntimeIsCrun: true), "endless");
        await ShouldFailAsync(fixture, new HostPrograms(fixture.Program("number", "echo '{\"data\": \"none\"}' >&3"), crun, RuntimeIsCrun: true), "number");
        await ShouldFailAsync(fixture, new HostPrograms(conmon, fixture.Program("crun-mute", "exit 1"), RuntimeIsCrun: true), "crun-mute");
        // It says that all is well and has made nothing.
        await ShouldFailAsync(fixture, new HostPrograms(conmon, fixture.Program("crun-liar", "exit 0"), RuntimeIsCrun: true), "crun-liar");
        var programs = fixture.Program("crun-start", "case \"$*\" in *' start '*) exit 1;; esac; exec CRUN \"$@\"".Replace("CRUN", crun, StringComparison.Ordinal));
        await ShouldFailAsync(fixture, new HostPrograms(conmon, programs, RuntimeIsCrun: true), "crun-start");
    }

    [RootFact]
    public async Task Programs_that_cannot_be_run_or_are_not_there_keep_an_agent_from_starting_and_are_named()
    {
        await using var fixture = RuntimeFixture.Linux();
        var directory = Path.GetDirectoryName(fixture.Program("conmon", "exit 0"))!;
        File.SetUnixFileMode(Path.Join(directory, "conmon"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // As a shell does: one that can be run goes before one that cannot.
        HostPrograms.FindIn(directory).Conmon.ShouldBe(HostPrograms.FindIn("").Conmon);
        Should.Throw<ContainerLaunchException>(() => HostPrograms.FindOnlyIn(directory)).Message.ShouldContain($"chmod 755 {directory}/conmon");
        File.SetUnixFileMode(Path.Join(directory, "conmon"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Should.Throw<ContainerLaunchException>(() => HostPrograms.FindOnlyIn(directory)).Message.ShouldContain("apt-get install crun");
        File.Delete(Path.Join(directory, "conmon"));
        Should.Throw<ContainerLaunchException>(() => HostPrograms.FindOnlyIn(directory)).Message.ShouldContain("apt-get install conmon");
    }

    [RootTheory]
    [InlineData("create")]
    [InlineData("start")]
    [InlineData("exec")]
    public async Task A_runtime_that_hangs_is_ended_after_its_time_and_holds_up_nothing_else(string verb)
    {
        var clock = new HeldTimers(new ContainerRuntimeOptions { WorkDirectory = "" }.RuntimeTimeout);
        await using var fixture = RuntimeFixture.Linux();
        var here = Path.Join(fixture.WorkDirectory, "programs");
        var crun = fixture.Program(
            "crun",
            $$"""
            for word in "$@"; do
              case $word in create|start|exec) verb=$word; break;; esac
            done
            if [ "$verb" = "$(cat {{here}}/hang)" ]; then
              echo $verb > {{here}}/hanging
              exec tail -f {{here}}/hanging
            fi
            exec {{HostPrograms.TryFind("crun")}} "$@"
            """);
        await File.WriteAllTextAsync(Path.Join(here, "hang"), "nothing");
        await using var runtime = new ConmonRuntime(
            fixture.Options, new HostPrograms(HostPrograms.TryFind("conmon")!, crun, RuntimeIsCrun: true), clock, NullLoggerFactory.Instance);
        var before = fixture.Spec("sleep 1000");
        await runtime.LaunchAsync(before, CancellationToken.None);
        var target = fixture.Spec("sleep 1000");
        if (verb == "exec")
        {
            await runtime.LaunchAsync(target, CancellationToken.None);
        }

        await File.WriteAllTextAsync(Path.Join(here, "hang"), verb);
        var hanging = LineIn.FileAsync(Path.Join(here, "hanging"), verb);
        var work = verb == "exec"
            ? runtime.ExecAsync(target.Key, new ExecSpec { Command = new ContainerCommand { Value = "true" } }, CancellationToken.None)
            : (Task)runtime.LaunchAsync(target, CancellationToken.None);
        await hanging;

        // Others are signalled, end and go meanwhile.
        runtime.Signal(before.Key, LibC.SignalKill).ShouldBeTrue();
        (await runtime.WaitAsync(before.Key).WaitAsync(RuntimeFixture.Patience)).ShouldNotBeNull();
        await runtime.DestroyAsync(before.Key);
        work.IsCompleted.ShouldBeFalse();
        await clock.WaitedForAsync();
        clock.Fire();

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => work.WaitAsync(RuntimeFixture.Patience));
        failure.Message.ShouldContain($"{crun} did not");
        failure.Message.ShouldContain("120 s");
        await File.WriteAllTextAsync(Path.Join(here, "hang"), "nothing");
        var after = fixture.Spec("exit 5");
        await runtime.LaunchAsync(after, CancellationToken.None);
        (await runtime.WaitAsync(after.Key).WaitAsync(RuntimeFixture.Patience))!.ExitCode.ShouldBe(5);
        await runtime.DestroyAsync(after.Key);
        await runtime.DestroyAsync(target.Key);
    }

    [RootFact]
    public async Task Launches_that_hang_give_up_their_places_to_those_behind_them()
    {
        var clock = new HeldTimers(LaunchPlaces.Patience);
        await using var fixture = RuntimeFixture.Linux(static options => options with { LaunchConcurrency = 1 });
        var here = Path.Join(fixture.WorkDirectory, "programs");
        var crun = fixture.Program(
            "crun",
            $$"""
            case "$*" in
              *create*hangs*) echo hanging > {{here}}/state; exec tail -f {{here}}/state;;
            esac
            exec {{HostPrograms.TryFind("crun")}} "$@"
            """);
        await using var runtime = new ConmonRuntime(
            fixture.Options, new HostPrograms(HostPrograms.TryFind("conmon")!, crun, RuntimeIsCrun: true), clock, NullLoggerFactory.Instance);
        var hanging = LineIn.FileAsync(Path.Join(here, "state"), "hanging");
        var stuck = fixture.Spec("sleep 1000", new ContainerKey("hangs"));
        var first = runtime.LaunchAsync(stuck, CancellationToken.None);
        await hanging;
        var next = fixture.Spec("exit 5");
        var behind = runtime.LaunchAsync(next, CancellationToken.None);
        behind.IsCompleted.ShouldBeFalse();

        clock.Fire();

        await behind.WaitAsync(RuntimeFixture.Patience);
        (await runtime.WaitAsync(next.Key).WaitAsync(RuntimeFixture.Patience))!.ExitCode.ShouldBe(5);
        first.IsCompleted.ShouldBeFalse();
        await runtime.DestroyAsync(stuck.Key).WaitAsync(RuntimeFixture.Patience);
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        await runtime.DestroyAsync(next.Key);
    }

    [RootFact]
    public async Task Containers_that_run_are_found_and_end_with_their_status_when_the_runtime_has_gone_meanwhile()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("read line < gate; exit 7");
        using var gate = Gate.Create(Path.Join(spec.SandboxDirectory, "gate"));
        await fixture.LaunchAsync(spec);
        await fixture.Runtime.DisposeAsync();

        await using (var next = Open(fixture, new HostPrograms("/nowhere/conmon", "/nowhere/crun", RuntimeIsCrun: true)))
        {
            (await next.RecoverAsync(CancellationToken.None)).ShouldHaveSingleItem().Start.ShouldNotBeNull();
            gate.Open();
            (await next.WaitAsync(spec.Key).WaitAsync(RuntimeFixture.Patience))!.ExitCode.ShouldBe(7);
            await next.DestroyAsync(spec.Key);
        }

        (await fixture.RestartAsync()).ShouldBeEmpty();
    }

    private static async Task ShouldFailAsync(RuntimeFixture fixture, HostPrograms programs, string reason)
    {
        await using var runtime = Open(fixture, programs);
        var spec = fixture.Spec("sleep 1000");
        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => runtime.LaunchAsync(spec, CancellationToken.None));
        failure.Message.ShouldNotBeEmpty();
        failure.Message.ShouldContain(reason);
        // The fixture looks for processes, mounts and cgroups at its end.
        Directory.GetDirectories(Path.Join(fixture.WorkDirectory, "runtime", "containers")).ShouldBeEmpty(failure.Message);
    }

    private static ConmonRuntime Open(RuntimeFixture fixture, HostPrograms programs) =>
        new(fixture.Options, programs, TimeProvider.System, NullLoggerFactory.Instance);
}
