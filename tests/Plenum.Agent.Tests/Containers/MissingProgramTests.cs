using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
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
        await ShouldFailAsync(fixture, new HostPrograms("/bin/false", crun, RuntimeIsCrun: true), "");
        await ShouldFailAsync(fixture, new HostPrograms(conmon, "/nowhere/crun", RuntimeIsCrun: true), "");
        await ShouldFailAsync(fixture, new HostPrograms(conmon, "/bin/false", RuntimeIsCrun: true), "");
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
