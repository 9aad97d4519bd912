using System.Net;
using System.Net.Sockets;
using Plenum.Agent.Limits;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

public sealed class PortWatcherTests
{
    [RootFact("busybox")]
    public Task A_container_that_listens_on_a_port_it_does_not_have_fails_and_one_on_its_own_goes_on() => ListenAsync(AgentIsolation.Containers);

    [RootFact("busybox")]
    public Task Plain_processes_are_held_to_their_ports_too() => ListenAsync(AgentIsolation.Processes);

    [RootFact("busybox")]
    public async Task Only_ports_that_the_agent_offers_are_guarded_where_the_operator_says_so()
    {
        var offered = Free();
        await using var fixture = await StartAsync(
            AgentIsolation.Containers, new LimitOptions { CheckOfferedPortsOnly = true }, $"ports:[{offered}-{offered}]");
        fixture.Master.Run(FakeMaster.Task("both", $"busybox nc -ll -p 0 -e cat & exec busybox nc -ll -p {offered} -e cat"));
        var failed = await fixture.Master.UpdateAsync("both", TaskState.TaskFailed);
        failed.Reason.ShouldBe(Reason.ContainerLimitation);
        var exceeded = failed.Limitation.Resources.ShouldHaveSingleItem().Ranges.Range.ShouldHaveSingleItem();
        (exceeded.Begin, exceeded.End).ShouldBe((offered, offered));
    }

    private static async Task ListenAsync(AgentIsolation isolation)
    {
        await using var fixture = await StartAsync(isolation, LimitOptions.Default);
        var (port, own) = (Free(), Free());
        await fixture.RunUpAsync(Owning(FakeMaster.Task("honest", $"exec busybox nc -ll -p {port} -e cat"), port));
        fixture.Master.Run(Owning(
            FakeMaster.Task("strange", $"busybox nc -ll -p {own} -e cat & busybox nc -ll -p 0 -e cat & wait"), own));
        var failed = await fixture.Master.UpdateAsync("strange", TaskState.TaskFailed);
        failed.Reason.ShouldBe(Reason.ContainerLimitation);
        var exceeded = failed.Limitation.Resources.ShouldHaveSingleItem();
        exceeded.Name.ShouldBe("ports");
        var stranger = exceeded.Ranges.Range.ShouldHaveSingleItem();
        stranger.Begin.ShouldBe(stranger.End);
        stranger.Begin.ShouldNotBe(own);
        failed.Message.ShouldContain($"listens on {stranger.Begin},");
        fixture.Master.Kill("honest", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("honest", TaskState.TaskKilled);
    }

    private static Task<AgentFixture> StartAsync(AgentIsolation isolation, LimitOptions limits, string? resources = null) =>
        AgentFixture.StartAsync(adjust: options => options with
        {
            Isolation = isolation,
            Resources = resources,
            Limits = limits with { EnforcePorts = true, PortsWatchInterval = TimeSpan.FromMilliseconds(50) },
        });

    /// <summary>Below the ports that the kernel gives to whoever asks for any.</summary>
    private static ulong Free()
    {
        while (true)
        {
            try
            {
                var listener = new TcpListener(IPAddress.Any, Random.Shared.Next(20_000, 30_000));
                listener.Start();
                var port = (ulong)((IPEndPoint)listener.LocalEndpoint).Port;
                listener.Stop();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    private static TaskInfo Owning(TaskInfo task, ulong port)
    {
        task.Resources.AddRange(ResourceSet.Parse($"ports:[{port}-{port}]").ToWire());
        return task;
    }
}
