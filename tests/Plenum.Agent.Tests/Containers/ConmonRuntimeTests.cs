using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Containers;

public sealed class ConmonRuntimeTests
{
    [RootFact]
    public async Task A_command_runs_in_its_own_namespaces_with_separate_output_and_error()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("echo pid $$; pwd; echo $MESOS_SANDBOX; echo oops >&2; touch made; exit 3");

        var exit = await fixture.RunAsync(spec);

        exit.ExitCode.ShouldBe(3);
        exit.OutOfMemory.ShouldBeNull();
        fixture.Output(spec.Key).ShouldBe($"pid 1\n{spec.SandboxDirectory}\n{spec.SandboxDirectory}\n");
        fixture.Error(spec.Key).ShouldBe("oops\n");
        File.Exists(Path.Join(spec.SandboxDirectory, "made")).ShouldBeTrue();
    }
}
