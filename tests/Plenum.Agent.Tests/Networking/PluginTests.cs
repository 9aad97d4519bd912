using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Containers;
using Plenum.Agent.Loop;
using Plenum.Agent.Native;
using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Networking;

public sealed class PluginTests
{
    private const string NewResult =
        """{"cniVersion":"1.0.0","interfaces":[{"name":"br"},{"name":"eth0","sandbox":"/x"}],"ips":[{"interface":0,"address":"10.9.0.1/24"},{"interface":1,"address":"10.9.0.7/24"},{"address":"fd00:9::7/64"}],"dns":{"nameservers":["10.9.0.53"],"search":["corp.example"]}}""";

    private const string OldResult = """{"ip4":{"ip":"10.8.0.5/16"},"ip6":{"ip":"fd00:8::5/64"},"dns":{"nameservers":["10.8.0.53"],"domain":"old.example"}}""";

    [NetworkFact]
    public async Task Several_networks_of_old_single_files_and_new_lists_give_a_container_an_interface_each()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("10-old.conf", """{"name":"old","type":"legacy"}""");
        plugins.Configure("20-new.conflist", """{"name":"new","cniVersion":"1.0.0","plugins":[{"type":"maker"},{"type":"mapper","capabilities":{"portMappings":true}}]}""");
        plugins.Plugin("legacy", $"[ $CNI_COMMAND = ADD ] && echo '{OldResult}' || true");
        plugins.Plugin("maker", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' || true");
        plugins.Plugin("mapper", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' || true");
        await using var fixture = Fixture(plugins);
        var wanted = new NetworkInfo { Name = "new", Labels = new Labels { Labels_ = { new Label { Key = "tier", Value = "web" } } } };
        wanted.PortMappings.Add(new NetworkInfo.Types.PortMapping { HostPort = 9, ContainerPort = 80, Protocol = "udp,tcp" });
        var spec = On(fixture.Spec("cat /etc/resolv.conf; exec sleep 1000"), new NetworkInfo { Name = "old" }, wanted);

        var start = await fixture.LaunchAsync(spec);

        start.Network.Networks.Select(static n => $"{n.Name}: {string.Join(' ', n.IpAddresses.Select(static a => a.IpAddress))}")
            .ShouldBe(["old: 10.8.0.5 fd00:8::5", "new: 10.9.0.7 fd00:9::7"]);
        start.Network.Networks[0].IpAddresses[1].Protocol.ShouldBe(NetworkInfo.Types.Protocol.Ipv6);
        await fixture.WaitForOutputAsync(spec.Key, "nameserver 10.8.0.53\nsearch old.example");
        plugins.Calls.ShouldBe(["ADD legacy eth0", "ADD maker eth1", "ADD mapper eth1"]);
        var input = JsonNode.Parse(plugins.InputOf("mapper", "ADD", "eth1"))!;
        input["name"]!.GetValue<string>().ShouldBe("new");
        input["prevResult"]!["ips"]!.AsArray().Count.ShouldBe(3);
        input["runtimeConfig"]!["portMappings"]!.ToJsonString().ShouldBe(
            """[{"hostPort":9,"containerPort":80,"protocol":"udp"},{"hostPort":9,"containerPort":80,"protocol":"tcp"}]""");
        input["args"]!["org.apache.mesos"]!["network_info"]!["labels"]!["labels"]![0]!["key"]!.GetValue<string>().ShouldBe("tier");

        // A file that changes meanwhile does not change how an interface is taken back.
        plugins.Configure("20-new.conflist", """{"name":"new","type":"legacy"}""");
        await fixture.Runtime.DestroyAsync(spec.Key);

        plugins.Calls.Skip(3).ShouldBe(["DEL mapper eth1", "DEL maker eth1", "DEL legacy eth0"]);
        JsonNode.Parse(plugins.InputOf("mapper", "DEL", "eth1"))!["prevResult"].ShouldNotBeNull();
    }

    [NetworkFact]
    public async Task A_failing_plugin_fails_the_launch_in_its_own_words_and_what_was_added_before_is_taken_back()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"first","type":"maker"}""");
        plugins.Configure("b.conf", """{"name":"second","type":"broken"}""");
        plugins.Plugin("maker", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' || true");
        plugins.Plugin("broken", "[ $CNI_COMMAND = DEL ] && exit 0; echo '{\"code\":100,\"msg\":\"no lease\",\"details\":\"pool empty\"}'; exit 1");
        await using var fixture = Fixture(plugins);
        var spec = On(fixture.Spec("true"), new NetworkInfo { Name = "first" }, new NetworkInfo { Name = "second" });

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldBe("the plugin 'broken' of the network 'second' failed at ADD: no lease pool empty");
        plugins.Calls.ShouldBe(["ADD maker eth0", "ADD broken eth1", "DEL broken eth1", "DEL maker eth0"]);
    }

    [NetworkFact]
    public async Task A_plugin_that_is_nowhere_and_a_network_named_twice_are_refused_with_the_reason()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"ghost","type":"no-such-plugin"}""");
        await using var fixture = Fixture(plugins);

        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(On(fixture.Spec("true"), new NetworkInfo { Name = "ghost" }))))
            .Message.ShouldContain("containernetworking-plugins");
        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(
            On(fixture.Spec("true"), new NetworkInfo { Name = "ghost" }, new NetworkInfo { Name = "ghost" })))).Message.ShouldContain("twice");
    }

    [NetworkFact]
    public async Task What_a_plugin_cannot_take_back_is_tried_again_at_the_agents_next_start()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"sticky","type":"sticky"}""");
        plugins.Plugin("sticky", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' && exit 0; [ -e {plugins.Path}/released ]");
        // The first agent does not come to its own next try.
        await using var fixture = Fixture(plugins, new HeldTimers(Repetition<string>.FirstPause));
        var spec = On(fixture.Spec("true"), new NetworkInfo { Name = "sticky" });
        await fixture.RunAsync(spec);
        await fixture.Runtime.DestroyAsync(spec.Key);
        plugins.Calls.ShouldBe(["ADD sticky eth0", "DEL sticky eth0"]);

        plugins.Configure("released", "");
        await fixture.RestartAsync();

        plugins.Calls.ShouldBe(["ADD sticky eth0", "DEL sticky eth0", "DEL sticky eth0"]);
        Directory.GetDirectories(Path.Join(fixture.WorkDirectory, "runtime", "networks")).ShouldBeEmpty();
    }

    [NetworkFact]
    public async Task What_a_plugin_cannot_take_back_is_tried_again_by_the_same_agent_and_counted_until_then()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"sticky","type":"sticky"}""");
        plugins.Plugin("sticky", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' && exit 0; [ -e {plugins.Path}/released ]");
        var clock = new HeldTimers(Repetition<string>.FirstPause);
        await using var fixture = Fixture(plugins, clock);
        var spec = On(fixture.Spec("true"), new NetworkInfo { Name = "sticky" });
        await fixture.RunAsync(spec);
        await fixture.Runtime.DestroyAsync(spec.Key);
        Left(fixture).ShouldBe(1);
        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec))).Message.ShouldContain("not taken back yet");
        // A launch that is refused takes back too, in vain.
        plugins.Calls.ShouldBe(["ADD sticky eth0", "DEL sticky eth0", "DEL sticky eth0"]);
        plugins.Configure("released", "");

        await clock.WaitedForAsync();
        using var watcher = new FileSystemWatcher(Path.Join(fixture.WorkDirectory, "runtime", "networks"));
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Deleted += (_, _) => gone.TrySetResult();
        watcher.EnableRaisingEvents = true;
        clock.Fire();

        await gone.Task.WaitAsync(Patience.Limit);
        plugins.Calls.Count.ShouldBe(4);
    }

    [NetworkTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_plugin_that_cannot_be_run_fails_the_launch_or_the_taking_back_and_not_the_agents_next_start(bool whileItRuns)
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"barred","type":"barred"}""");
        plugins.Plugin("barred", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' || true");
        var file = Path.Join(plugins.Path, "barred");
        var rights = File.GetUnixFileMode(file);
        var clock = new HeldTimers(Repetition<string>.FirstPause);
        await using var fixture = Fixture(plugins, clock);
        var spec = On(fixture.Spec("sleep 1000"), new NetworkInfo { Name = "barred" });
        if (whileItRuns)
        {
            await fixture.LaunchAsync(spec);
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
            await fixture.Runtime.DestroyAsync(spec.Key);
        }
        else
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
            (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec)))
                .Message.ShouldBe($"the plugin 'barred' of the network 'barred' cannot be run: {file}: Permission denied");
        }

        (await fixture.RestartAsync()).ShouldBeEmpty();
        Left(fixture).ShouldBe(1);

        File.SetUnixFileMode(file, rights);
        await fixture.RestartAsync();
        Left(fixture).ShouldBe(0);
        Directory.GetDirectories(Path.Join(fixture.WorkDirectory, "runtime", "networks")).ShouldBeEmpty();
    }

    [NetworkFact]
    public async Task After_a_reboot_plugins_are_told_that_the_namespace_is_gone_and_release_what_they_wrote_down()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"noted","type":"noted"}""");
        plugins.Plugin("noted", $"[ $CNI_COMMAND = ADD ] && echo '{NewResult}' && exit 0; echo \"namespace: '$CNI_NETNS'\" > {plugins.Path}/released");
        await using var fixture = Fixture(plugins);
        var key = new ContainerKey(Guid.NewGuid().ToString());
        ContainerNetwork network;
        await using (var networks = new ContainerNetworks(fixture.Options.Networks, fixture.WorkDirectory, TimeProvider.System, NullLogger.Instance))
        {
            network = await networks.AttachAsync(
                key, new NetworkRequest([new NetworkInfo { Name = "noted" }]), null, NameResolution.Default, CancellationToken.None);
        }

        // What a reboot does: no namespaces, an empty /run, another boot id.
        LibC.Unmount(network.NamespacePath, LibC.UnmountDetach).ShouldBe(0);
        LibC.Unmount(Path.GetDirectoryName(network.NamespacePath)!, LibC.UnmountDetach).ShouldBe(0);
        Directory.Delete(Path.GetDirectoryName(network.NamespacePath)!, recursive: true);
        var record = Path.Join(fixture.WorkDirectory, "runtime", "networks", key.Name, "record.json");
        (NetworkRecord.Read(record) with { BootId = "before" }).Write(record);

        await fixture.RestartAsync();

        (await File.ReadAllTextAsync(Path.Join(plugins.Path, "released"))).ShouldBe("namespace: ''\n");
        File.Exists(record).ShouldBeFalse();
    }

    [NetworkFact]
    public async Task Kill_9_of_the_agent_while_a_plugin_works_leaves_nothing_after_the_next_start()
    {
        using var plugins = new PluginDirectory();
        plugins.Configure("a.conf", """{"name":"slow","type":"slow"}""");
        plugins.Plugin("slow", $"[ $CNI_COMMAND = DEL ] && exit 0; t=$(mktemp); echo $$ > $t; mv $t {plugins.Path}/pid; exec sleep 1000");
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        using (var child = ChildAgent.Start(master.Address, work, plugins.Path))
        {
            await master.RegistrationAsync();
            master.Run(FakeMaster.Task("slow", "sleep 1000", static task => task.Container = new ContainerInfo
            {
                Type = ContainerInfo.Types.Type.Mesos,
                NetworkInfos = { new NetworkInfo { Name = "slow" } },
            }));
            await FileEvents.CreatedAsync(Path.Join(plugins.Path, "pid"));
            await child.KillAsync();
        }

        using (var plugin = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Join(plugins.Path, "pid")), CultureInfo.InvariantCulture)))
        {
            plugin.Kill();
        }

        var container = Path.GetFileName(Directory.GetDirectories(Path.Join(work, "runtime", "networks")).ShouldHaveSingleItem());
        (await File.ReadAllTextAsync("/proc/self/mountinfo")).ShouldContain(container);
        await using (var fixture = await AgentFixture.StartAsync(work, options => ChildAgent.WithNetworks(options, plugins.Path)))
        {
            plugins.Calls.ShouldBe(["ADD slow eth0", "DEL slow eth0"]);
            Directory.GetDirectories(Path.Join(work, "runtime", "networks")).ShouldBeEmpty();
            (await File.ReadAllTextAsync("/proc/self/mountinfo")).ShouldNotContain(container);
        }

        NetworkTraces.Of(work).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""{"type":"bridge"}""", "name")]
    [InlineData("""{"name":"a/b","type":"bridge"}""", "name")]
    [InlineData("""{"name":"a","plugins":[]}""", "plugins")]
    [InlineData("""{"name":"a","plugins":[{"no":"type"}]}""", "type")]
    [InlineData("""{"name":"a","type":"../../bin/sh"}""", "path")]
    [InlineData("""{"name":""", "not JSON")]
    public void What_is_no_configuration_is_refused(string json, string said) =>
        Should.Throw<NetworkException>(() => NetworkConfiguration.Parse(json)).Message.ShouldContain(said);

    private static RuntimeFixture Fixture(PluginDirectory plugins, TimeProvider? time = null) => RuntimeFixture.Linux(
        options => options with
        {
            Networks = new NetworkOptions { ConfigurationDirectory = plugins.Path, PluginDirectories = [plugins.Path, "/usr/lib/cni"] },
        },
        time);

    private static double Left(RuntimeFixture fixture)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        fixture.Runtime.AddMetrics(metrics);
        return metrics["plenum/networks_not_taken_back"];
    }

    private static ContainerSpec On(ContainerSpec spec, params NetworkInfo[] networks) =>
        spec with { Network = new NetworkRequest(networks) };
}
