using System.Text.Json.Nodes;
using Plenum.Agent.Containers;
using Plenum.Agent.Loop;
using Plenum.Agent.Native;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Launching;

public sealed class ContainerRemovalTests
{
    [RootFact]
    public async Task A_container_that_cannot_be_destroyed_is_counted_and_tried_again_until_it_is_gone()
    {
        var clock = new HeldTimers(Repetition<ContainerKey>.FirstPause);
        await using var fixture = await AgentFixture.StartAsync(
            adjust: static options => options with { Isolation = AgentIsolation.Containers }, clock: clock);
        var container = (await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"))).ContainerStatus.ContainerId.Value;
        var bundle = Path.Join(fixture.Work, "runtime", "containers", container);
        var held = Directory.CreateDirectory(Path.Join(bundle, "held")).FullName;
        LibC.Mount("none", held, "tmpfs", 0, null).ShouldBe(0);
        try
        {
            fixture.Master.Kill("t", TimeSpan.Zero);
            await fixture.Master.UpdateAsync("t", TaskState.TaskKilled);
            await clock.WaitedForAsync();
            (await NumberAsync(fixture, "plenum/containers_not_destroyed")).ShouldBe(1);
            (await NumberAsync(fixture, "containerizer/mesos/container_destroy_errors")).ShouldBe(1);
        }
        finally
        {
            LibC.Unmount(held, LibC.UnmountDetach).ShouldBe(0);
        }

        clock.Fire();

        var patience = Patience.Token();
        while (await NumberAsync(fixture, "plenum/containers_not_destroyed") > 0)
        {
            patience.ThrowIfCancellationRequested();
        }

        Directory.Exists(bundle).ShouldBeFalse();
    }

    private static async Task<double> NumberAsync(AgentFixture fixture, string name) =>
        JsonNode.Parse(await fixture.GetAsync("metrics/snapshot"))![name]!.GetValue<double>();
}
