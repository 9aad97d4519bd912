using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Networking;

public sealed class ContainerNetworkTests
{
    private const string ServeForever = "echo hello > index.html; busybox httpd -p 80 -h . && echo ready; exec sleep 1000";

    [NetworkFact]
    public async Task A_web_server_on_the_bridge_answers_on_its_address_and_on_its_mapped_host_port()
    {
        await using var fixture = RuntimeFixture.Linux();
        using var http = new HttpClient();
        var port = FreePort.Next();
        var server = OnBridge(fixture.Spec(ServeForever), new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 });

        var start = await fixture.LaunchAsync(server);
        await fixture.WaitForOutputAsync(server.Key, "ready");

        start.Network.IsHost.ShouldBeFalse();
        var network = start.Network.Networks.ShouldHaveSingleItem();
        network.Name.ShouldBe("mesos-bridge");
        var address = network.IpAddresses.ShouldHaveSingleItem().IpAddress;
        (await http.GetStringAsync(new Uri($"http://{address}/"))).ShouldBe("hello\n");
        (await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"))).ShouldBe("hello\n");
        (await http.GetStringAsync(new Uri($"http://{MachineAddress()}:{port}/"))).ShouldBe("hello\n");
    }

    [NetworkFact]
    public async Task The_network_that_DCOS_configures_with_Mesos_port_mapper_works_from_its_file()
    {
        using var plugins = new PluginDirectory();
        var device = $"plt{Guid.NewGuid():N}"[..15];
        var subnet = FreeSubnet();
        // Shipped as mesos-bridge.cni, without a version.
        plugins.Configure("mesos-bridge.cni", $$"""
            {
              "name": "mapped", "type": "mesos-cni-port-mapper", "excludeDevices": ["{{device}}"], "chain": "M-MAPPED",
              "delegate": {
                "type": "bridge", "bridge": "{{device}}", "isGateway": true, "ipMasq": true,
                "ipam": {"type": "host-local", "dataDir": "{{plugins.Path}}/addresses", "subnet": "{{subnet}}", "routes": [{"dst": "0.0.0.0/0"}]}
              }
            }
            """);
        await using var fixture = RuntimeFixture.Linux(options => options with
        {
            Networks = options.Networks with { ConfigurationDirectory = plugins.Path },
        });
        try
        {
            using var http = new HttpClient();
            var port = FreePort.Next();
            var network = new NetworkInfo { Name = "mapped" };
            network.PortMappings.Add(new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 });
            var spec = fixture.Spec(ServeForever) with { Network = new NetworkRequest([network]) };

            var start = await fixture.LaunchAsync(spec);

            start.Network.Networks.ShouldHaveSingleItem().IpAddresses.ShouldHaveSingleItem().IpAddress.ShouldStartWith(subnet.ToString()[..^"0/24".Length]);
            await fixture.WaitForOutputAsync(spec.Key, "ready");
            (await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"))).ShouldBe("hello\n");
            await fixture.Runtime.DestroyAsync(spec.Key);
            NetworkTraces.RulesOf(spec.Key.Name).ShouldBeEmpty();
        }
        finally
        {
            await Tool.RunAsync("ip", "link", "delete", device);
        }
    }

    [NetworkFact]
    public async Task Two_containers_reach_each_other_by_address_and_through_a_mapped_port_of_the_machine()
    {
        await using var fixture = RuntimeFixture.Linux();
        var port = FreePort.Next();
        var server = OnBridge(fixture.Spec(ServeForever), new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 });
        var start = await fixture.LaunchAsync(server);
        await fixture.WaitForOutputAsync(server.Key, "ready");
        var address = start.Network.Networks[0].IpAddresses[0].IpAddress;
        var gateway = $"{address[..address.LastIndexOf('.')]}.1";

        // Through the mapped port the packet leaves and enters the same bridge.
        var client = OnBridge(fixture.Spec($"{Get(address, 80)}; {Get(gateway, port)}"));
        (await fixture.RunAsync(client)).Succeeded.ShouldBeTrue(fixture.Error(client.Key));

        fixture.Output(client.Key).Split('\n').Count(static line => line == "hello").ShouldBe(2);
    }

    [NetworkFact]
    public async Task A_destroyed_container_leaves_no_rule_namespace_or_address()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = OnBridge(fixture.Spec("exec sleep 1000"), new NetworkInfo.Types.PortMapping { HostPort = FreePort.Next(), ContainerPort = 80 });
        var start = await fixture.LaunchAsync(spec);
        NetworkTraces.RulesOf(spec.Key.Name).ShouldNotBeEmpty();
        File.Exists(start.Network.NamespacePath).ShouldBeTrue();

        await fixture.Runtime.DestroyAsync(spec.Key);

        NetworkTraces.RulesOf(spec.Key.Name).ShouldBeEmpty();
        File.Exists(start.Network.NamespacePath).ShouldBeFalse();
        File.ReadAllText("/proc/self/mountinfo").ShouldNotContain(spec.Key.Name);
        // All but the bridge itself, which waits for the next container, and its directory.
        NetworkTraces.Of(fixture.WorkDirectory).ShouldAllBe(static trace => !trace.EndsWith(".2", StringComparison.Ordinal));
    }

    [NetworkFact]
    public async Task Containers_of_a_pod_share_its_network_and_its_name_files()
    {
        await using var fixture = RuntimeFixture.Linux();
        var pod = OnBridge(fixture.Spec("")) with { HoldsPod = true, HostName = "web-pod" };
        var start = await fixture.LaunchAsync(pod);
        var server = fixture.Spec(ServeForever, new ContainerKey("server", pod.Key));
        await fixture.LaunchAsync(server);
        await fixture.WaitForOutputAsync(server.Key, "ready");

        var client = fixture.Spec($"{Get("127.0.0.1", 80)}; hostname; cat /etc/hosts", new ContainerKey("client", pod.Key));
        (await fixture.RunAsync(client)).Succeeded.ShouldBeTrue(fixture.Error(client.Key));

        fixture.Output(client.Key).ShouldContain("hello");
        fixture.Output(client.Key).ShouldContain("\nweb-pod\n");
        fixture.Output(client.Key).ShouldContain($"{start.Network.Networks[0].IpAddresses[0].IpAddress} web-pod");
        fixture.Runtime.NetworkOf(server.Key)!.NamespacePath.ShouldBe(start.Network.NamespacePath);
    }

    [NetworkFact]
    public async Task A_container_without_networks_has_loopback_only()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("cat /proc/net/dev | tail -n +3 | cut -d: -f1; " + ServeForever.Replace("exec sleep 1000", Get("127.0.0.1", 80), StringComparison.Ordinal))
            with { Network = new NetworkRequest([]) };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        var lines = fixture.Output(spec.Key).Split('\n', StringSplitOptions.TrimEntries);
        lines.ShouldContain("lo");
        lines.ShouldNotContain("eth0");
        lines.ShouldContain("hello");
    }

    [NetworkFact]
    public async Task The_next_agent_knows_a_running_containers_network_and_takes_it_back_at_its_end()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = OnBridge(fixture.Spec(ServeForever), new NetworkInfo.Types.PortMapping { HostPort = FreePort.Next(), ContainerPort = 80 });
        var before = await fixture.LaunchAsync(spec);

        var recovered = (await fixture.RestartAsync()).ShouldHaveSingleItem();

        recovered.Start!.Network.Networks.ShouldBe(before.Network.Networks);
        recovered.Start.Network.NamespacePath.ShouldBe(before.Network.NamespacePath);
        await fixture.Runtime.DestroyAsync(spec.Key);
        NetworkTraces.RulesOf(spec.Key.Name).ShouldBeEmpty();
    }

    [NetworkFact]
    public async Task An_agent_killed_between_the_network_and_the_start_leaves_nothing_after_recovery()
    {
        await using var fixture = RuntimeFixture.Linux();
        var key = new ContainerKey(Guid.NewGuid().ToString());
        await using (var networks = new ContainerNetworks(fixture.Options.Networks, fixture.WorkDirectory, TimeProvider.System, NullLogger.Instance))
        {
            var request = OnBridge(fixture.Spec("", key), new NetworkInfo.Types.PortMapping { HostPort = FreePort.Next(), ContainerPort = 80 }).Network!;
            await networks.AttachAsync(key, request, null, NameResolution.Default, CancellationToken.None);
        }

        NetworkTraces.RulesOf(key.Name).ShouldNotBeEmpty();

        (await fixture.RestartAsync()).ShouldBeEmpty();

        NetworkTraces.RulesOf(key.Name).ShouldBeEmpty();
        File.ReadAllText("/proc/self/mountinfo").ShouldNotContain(key.Name);
    }

    [NetworkFact]
    public async Task A_bridge_with_an_ipv6_network_gives_both_addresses_and_both_answer()
    {
        // Of this work directory alone, as its IPv4 network is.
        await using var fixture = RuntimeFixture.Linux(static options => options with
        {
            Networks = options.Networks with { BridgeSubnet6 = $"fd{NetworkTraces.Tag(options.WorkDirectory)[..2]}:{NetworkTraces.Tag(options.WorkDirectory)[2..6]}::/64" },
        });
        using var http = new HttpClient();
        var server = OnBridge(fixture.Spec(ServeForever));

        var start = await fixture.LaunchAsync(server);
        await fixture.WaitForOutputAsync(server.Key, "ready");

        var addresses = start.Network.Networks[0].IpAddresses;
        addresses.Select(static address => address.Protocol).ShouldBe([NetworkInfo.Types.Protocol.Ipv4, NetworkInfo.Types.Protocol.Ipv6]);
        (await http.GetStringAsync(new Uri($"http://{addresses[0].IpAddress}/"))).ShouldBe("hello\n");
        (await http.GetStringAsync(new Uri($"http://[{addresses[1].IpAddress}]/"))).ShouldBe("hello\n");
    }

    [NetworkFact]
    public async Task Two_agents_of_one_machine_have_bridges_and_subnets_of_their_own()
    {
        await using var one = RuntimeFixture.Linux();
        await using var two = RuntimeFixture.Linux();
        var starts = await Task.WhenAll(
            one.LaunchAsync(OnBridge(one.Spec("exec sleep 1000"))), two.LaunchAsync(OnBridge(two.Spec("exec sleep 1000"))));

        var subnets = starts.Select(static start => start.Network.Networks[0].IpAddresses[0].IpAddress).Select(static a => a[..a.LastIndexOf('.')]).ToArray();
        subnets[0].ShouldNotBe(subnets[1]);
    }

    [NetworkFact]
    public async Task A_subnet_that_the_machine_uses_otherwise_is_refused()
    {
        await using var one = RuntimeFixture.Linux();
        var first = await one.LaunchAsync(OnBridge(one.Spec("exec sleep 1000")));
        var address = first.Network.Networks[0].IpAddresses[0].IpAddress;
        await using var two = RuntimeFixture.Linux(options => options with
        {
            Networks = options.Networks with { BridgeSubnet = $"{address[..address.LastIndexOf('.')]}.0/24" },
        });

        (await Should.ThrowAsync<ContainerLaunchException>(() => two.LaunchAsync(OnBridge(two.Spec("true"))))).Message.ShouldContain("overlaps");
    }

    [NetworkFact]
    public async Task A_host_port_that_a_process_of_the_machine_uses_is_not_mapped_over_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (uint)((IPEndPoint)listener.LocalEndpoint).Port;
        var spec = OnBridge(fixture.Spec("true"), new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 });

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain($"{port}/tcp");
        failure.Message.ShouldContain($"(process {System.Environment.ProcessId})");
    }

    [NetworkFact]
    public async Task Containers_that_start_at_once_leave_no_rule_behind_when_the_last_is_gone()
    {
        await using var fixture = RuntimeFixture.Linux();
        // Each round begins without the chains that the containers share, unless another test's container has a port mapped.
        for (var round = 0; round < 4; round++)
        {
            var specs = Enumerable.Range(0, 6)
                .Select(_ => OnBridge(fixture.Spec("exec sleep 1000"), new NetworkInfo.Types.PortMapping { HostPort = FreePort.Next(), ContainerPort = 80 }))
                .ToArray();

            await Task.WhenAll(specs.Select(spec => fixture.LaunchAsync(spec)));
            await Task.WhenAll(specs.Select(spec => fixture.Runtime.DestroyAsync(spec.Key)));

            specs.SelectMany(static spec => NetworkTraces.RulesOf(spec.Key.Name)).ShouldBeEmpty();
            await FirewallChains.RemoveUnusedAsync(CancellationToken.None);
        }
    }

    private static ContainerSpec OnBridge(ContainerSpec spec, params NetworkInfo.Types.PortMapping[] mappings)
    {
        var network = new NetworkInfo { Name = "mesos-bridge" };
        network.PortMappings.AddRange(mappings);
        return spec with { Network = new NetworkRequest([network]) };
    }

    /// <summary>One that the machine has no route to; drawn, since others may look for one at the same time.</summary>
    private static Subnet FreeSubnet()
    {
        var taken = Subnet.OfMachine();
        while (true)
        {
            var drawn = Subnet.TryParse($"172.{Random.Shared.Next(16, 31)}.{Random.Shared.Next(1, 255)}.0/24")!.Value;
            if (!taken.Any(route => route.Subnet.Overlaps(drawn)))
            {
                return drawn;
            }
        }
    }

    // busybox wget needs no -T, which crashes in Debian's static build.
    private static string Get(string host, uint port) => $"busybox wget -q -O - http://{host}:{port}/";

    private static string MachineAddress() => Dns.GetHostAddresses(Dns.GetHostName())
        .FirstOrDefault(static a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !IPAddress.IsLoopback(a))?.ToString()
        ?? "127.0.0.2";
}
