using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Networking;

public sealed class NetworkTaskTests
{
    private const string Serve = "echo well > index.html; exec busybox httpd -f -p 8000 -h .";

    [NetworkFact]
    public async Task A_task_on_the_bridge_is_health_checked_inside_its_network_and_reports_its_address()
    {
        await using var fixture = await StartAsync();
        var port = FreePort.Next();
        var running = fixture.RunUpAsync(FakeMaster.Task("web", Serve, task =>
        {
            task.Container = Bridged(port, 8000);
            task.Resources.Add(Ports(port));
            task.HealthCheck = Http(8000);
        }));

        var status = await running;
        while (!status.HasHealthy)
        {
            status = await fixture.Master.UpdateAsync("web", TaskState.TaskRunning);
        }

        // Nothing listens on the machine's own port 8000: only a probe inside the container's network finds it.
        status.Healthy.ShouldBeTrue(status.Message);
        var network = status.ContainerStatus.NetworkInfos.ShouldHaveSingleItem();
        network.Name.ShouldBe("mesos-bridge");
        network.PortMappings.ShouldHaveSingleItem().HostPort.ShouldBe(port);
        var address = network.IpAddresses.ShouldHaveSingleItem().IpAddress;
        address.ShouldStartWith("172.31.");
        (await fixture.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"))).ShouldBe("well\n");
        var containers = await fixture.CallAsync(new Call { Type = Call.Types.Type.GetContainers, GetContainers = new() });
        containers.GetContainers.Containers.ShouldHaveSingleItem().ContainerStatus.NetworkInfos
            .ShouldHaveSingleItem().IpAddresses.ShouldHaveSingleItem().IpAddress.ShouldBe(address);
        (await fixture.GetAsync("containers")).ShouldContain(address);
    }

    [NetworkFact]
    public async Task Command_and_tcp_checks_see_the_containers_own_loopback_too()
    {
        await using var fixture = await StartAsync();
        var status = await fixture.RunUpAsync(FakeMaster.Task("both", Serve, static task =>
        {
            task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, NetworkInfos = { new NetworkInfo { Name = "mesos-bridge" } } };
            task.HealthCheck = new HealthCheck
            {
                Type = HealthCheck.Types.Type.Tcp,
                Tcp = new HealthCheck.Types.TCPCheckInfo { Port = 8000 },
                DelaySeconds = 0,
                IntervalSeconds = 0.1,
                GracePeriodSeconds = 30,
            };
            task.Check = new CheckInfo
            {
                Type = CheckInfo.Types.Type.Command,
                Command = new CheckInfo.Types.Command { Command_ = new CommandInfo { Value = "[ $(busybox wget -q -O - http://127.0.0.1:8000/) = well ] && exit 9" } },
                DelaySeconds = 0,
                IntervalSeconds = 0.1,
            };
        }));
        while (!status.HasHealthy || status.CheckStatus?.Command is not { HasExitCode: true, ExitCode: 9 })
        {
            status = await fixture.Master.UpdateAsync("both", TaskState.TaskRunning);
        }

        status.Healthy.ShouldBeTrue(status.Message);
    }

    [NetworkFact]
    public async Task An_ipv6_health_check_asks_the_containers_own_ipv6_loopback()
    {
        await using var fixture = await StartAsync();
        var task = FakeMaster.Task("six", Serve.Replace("-p 8000", "-p [::1]:8000", StringComparison.Ordinal), static task =>
        {
            task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, NetworkInfos = { new NetworkInfo { Name = "mesos-bridge" } } };
            task.HealthCheck = Http(8000);
            task.HealthCheck.Http.Protocol = NetworkInfo.Types.Protocol.Ipv6;
        });

        var status = await fixture.RunUpAsync(task);
        while (!status.HasHealthy)
        {
            status = await fixture.Master.UpdateAsync("six", TaskState.TaskRunning);
        }

        status.Healthy.ShouldBeTrue(status.Message);
    }

    [NetworkFact]
    public async Task Docker_requests_get_the_bridge_with_their_ports_and_parameters_or_loopback_alone()
    {
        await using var fixture = await StartAsync();
        var layout = TestImage.Create(Path.Join(fixture.Work, "layout"), [], TestImage.BusyboxLayer);
        var port = FreePort.Next();
        fixture.Master.Run(FakeMaster.Task("bridged", "", task =>
        {
            task.Command = new CommandInfo
            {
                Shell = false,
                Value = "sh",
                Arguments = { "-c", "echo $GREETING from $(cat /etc/hostname) > index.html; exec busybox httpd -f -p 80 -h ." },
            };
            task.Container = Docker(layout, ContainerInfo.Types.DockerInfo.Types.Network.Bridge);
            task.Container.Docker.PortMappings.Add(new ContainerInfo.Types.DockerInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 });
            task.Container.Docker.Parameters.Add(new Parameter { Key = "env", Value = "GREETING=hello" });
            task.Container.Docker.Parameters.Add(new Parameter { Key = "hostname", Value = "inside" });
            task.Container.Docker.Parameters.Add(new Parameter { Key = "label", Value = "MESOS_TASK_ID=bridged" });
            task.Resources.Add(Ports(port));
            task.HealthCheck = Http(80);
        }));
        var status = await fixture.Master.UpdateAsync("bridged", TaskState.TaskRunning);
        while (!status.HasHealthy)
        {
            status = await fixture.Master.UpdateAsync("bridged", TaskState.TaskRunning);
        }

        (await fixture.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"))).ShouldBe("hello from inside\n");

        fixture.Master.Run(FakeMaster.Task("alone", "[ $(ls /sys/class/net) = lo ]", task =>
            task.Container = Docker(layout, ContainerInfo.Types.DockerInfo.Types.Network.None)));
        (await fixture.Master.UpdateAsync("alone", TaskState.TaskFinished)).ContainerStatus.NetworkInfos.ShouldBeEmpty();
    }

    [NetworkFact]
    public async Task An_unknown_network_fails_the_task_and_names_those_that_there_are()
    {
        await using var fixture = await StartAsync();
        fixture.Master.Run(FakeMaster.Task("lost", "true", static task => task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            NetworkInfos = { new NetworkInfo { Name = "nowhere" } },
        }));

        var failed = await fixture.Master.UpdateAsync("lost", TaskState.TaskFailed);

        failed.Message.ShouldContain("nowhere");
        failed.Message.ShouldContain("mesos-bridge");
    }

    [NetworkFact]
    public async Task A_host_port_that_is_not_the_tasks_own_is_not_mapped()
    {
        await using var fixture = await StartAsync();
        var port = FreePort.Next();
        fixture.Master.Run(FakeMaster.Task("thief", "true", task => task.Container = Bridged(port, 80)));

        var failed = await fixture.Master.UpdateAsync("thief", TaskState.TaskFailed);

        failed.Message.ShouldContain($"Host port {port}");
    }

    [NetworkFact]
    public async Task Kill_9_of_the_agent_keeps_a_tasks_network_and_its_health_check_goes_on()
    {
        await using var fixture = await StartAsync();
        var port = FreePort.Next();
        var before = await fixture.RunUpAsync(FakeMaster.Task("stays", Serve, task =>
        {
            task.Container = Bridged(port, 8000);
            task.Resources.Add(Ports(port));
        }));

        // Disposing tells the containers nothing, as a kill does not.
        await fixture.Agent.DisposeAsync();
        await fixture.StartAgentAsync();

        fixture.Registration.Tasks.ShouldHaveSingleItem();
        (await fixture.Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"))).ShouldBe("well\n");
        fixture.Master.Kill("stays", TimeSpan.FromSeconds(5));
        var killed = await fixture.Master.UpdateAsync("stays", TaskState.TaskKilled);
        killed.ContainerStatus.NetworkInfos.ShouldBe(before.ContainerStatus.NetworkInfos);
    }

    private static Task<AgentFixture> StartAsync() =>
        AgentFixture.StartAsync(adjust: static options => options with { Isolation = AgentIsolation.Containers });

    private static ContainerInfo Bridged(uint hostPort, uint containerPort) => new()
    {
        Type = ContainerInfo.Types.Type.Mesos,
        NetworkInfos =
        {
            new NetworkInfo
            {
                Name = "mesos-bridge",
                PortMappings = { new NetworkInfo.Types.PortMapping { HostPort = hostPort, ContainerPort = containerPort } },
            },
        },
    };

    private static ContainerInfo Docker(string layout, ContainerInfo.Types.DockerInfo.Types.Network network) => new()
    {
        Type = ContainerInfo.Types.Type.Docker,
        Docker = new ContainerInfo.Types.DockerInfo { Image = $"oci:{layout}", Network = network },
    };

    private static HealthCheck Http(uint port) => new()
    {
        Type = HealthCheck.Types.Type.Http,
        Http = new HealthCheck.Types.HTTPCheckInfo { Port = port, Path = "/" },
        DelaySeconds = 0,
        IntervalSeconds = 0.1,
        GracePeriodSeconds = 30,
    };

    private static Resource Ports(uint port) => new()
    {
        Name = "ports",
        Type = Value.Types.Type.Ranges,
        Ranges = new Value.Types.Ranges { Range = { new Value.Types.Range { Begin = port, End = port } } },
    };
}
