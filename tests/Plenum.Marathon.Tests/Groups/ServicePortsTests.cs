using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Tests.Core;

namespace Plenum.Marathon.Tests.Groups;

public sealed class ServicePortsTests
{
    [Fact]
    public void Every_zero_becomes_a_port_of_its_own_and_chosen_ones_are_avoided()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => root
            .WithApp(CoreHarness.App("/chosen") with { PortDefinitions = [new PortDefinition(10000)] }, version)
            .WithApp(CoreHarness.App("/a") with { PortDefinitions = [new PortDefinition(0), new PortDefinition(0)] }, version)
            .WithApp(CoreHarness.App("/b") with
            {
                Networks = [new Network(NetworkMode.Bridge)],
                Container = new Container(ContainerEngine.Mesos) { PortMappings = [new PortMapping(80) { HostPort = 0 }] },
            }, version));
        Ports(cluster, "/a").Concat(Ports(cluster, "/b")).ShouldBe([10001, 10002, 10003]);
    }

    [Fact]
    public void An_app_keeps_the_ports_it_was_given()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/first") with { PortDefinitions = [new PortDefinition(0)] });
        cluster.Put(CoreHarness.App("/web") with { PortDefinitions = [new PortDefinition(0)] });
        cluster.RunAll();
        cluster.Remove("/first");
        cluster.EndKilled();
        var unchanged = cluster.Change("/web", app => app with { PortDefinitions = [new PortDefinition(0)] });
        unchanged.ShouldBeOfType<RootUpdateResult.Deployed>().Plan.Steps.ShouldBeEmpty("0 stands for the port it has");
        cluster.Change("/web", app => app with { PortDefinitions = [new PortDefinition(0), new PortDefinition(0)] });
        Ports(cluster, "/web").ShouldBe([10001, 10000]);
    }

    [Fact]
    public void A_used_up_range_refuses_the_change_and_leaves_no_trace()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { ServicePortMin = 10000, ServicePortMax = 10001 });
        var stored = cluster.Store.Count;
        cluster.Update((root, version) => root.WithApp(
                CoreHarness.App() with { PortDefinitions = [new PortDefinition(0), new PortDefinition(0), new PortDefinition(0)] }, version))
            .ShouldBeOfType<RootUpdateResult.NoServicePorts>();
        cluster.State.Root.IsEmpty.ShouldBeTrue();
        cluster.Store.Count.ShouldBe(stored);
    }

    private static IEnumerable<int> Ports(CoreHarness cluster, string app) =>
        cluster.State.Root.FindApp(PathId.Parse(app))!.ServicePorts;
}
