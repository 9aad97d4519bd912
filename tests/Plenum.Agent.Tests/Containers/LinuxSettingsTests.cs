using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Tests.Containers;

public sealed class LinuxSettingsTests
{
    [RootFact]
    public async Task A_privileged_container_has_the_machines_capabilities_and_devices_mounts_and_a_cgroup_tree_of_its_own()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = Settings(
            fixture,
            """
            grep -E '^CapEff' /proc/self/status
            mkdir m && mount -t tmpfs none m && touch m/file && echo mounted
            mkdir /sys/fs/cgroup/memory/mine /sys/fs/cgroup/mine 2>/dev/null; [ -d /sys/fs/cgroup/memory/mine ] || [ -d /sys/fs/cgroup/mine ] && echo subtree
            cut -d: -f3 /proc/self/cgroup | sort -u
            [ -b /dev/loop0 ] && echo device
            echo other > /proc/sys/kernel/hostname && echo writable
            """,
            new LinuxSettings { Privileged = true });

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        var lines = fixture.Output(spec.Key).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Bits(lines[0]).ShouldBe(Bits(File.ReadLines("/proc/self/status").First(static l => l.StartsWith("CapPrm", StringComparison.Ordinal))));
        lines.ShouldContain("mounted");
        lines.ShouldContain("subtree");
        lines.ShouldContain("/");
        if (File.Exists("/dev/loop0"))
        {
            lines.ShouldContain("device");
        }

        lines.ShouldContain("writable");
    }

    [RootFact]
    public async Task An_ordinary_container_can_do_none_of_this()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = Settings(
            fixture,
            "mkdir m; mount -t tmpfs none m; mkdir /sys/fs/cgroup/memory/mine; ls /dev/loop0; echo x > /proc/sys/kernel/hostname; grep NoNewPrivs /proc/self/status",
            LinuxSettings.Default);

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("NoNewPrivs:\t1\n");
        fixture.Error(spec.Key).Split('\n').Length.ShouldBeGreaterThanOrEqualTo(4);
    }

    [RootFact]
    public async Task The_bounding_set_is_what_can_be_had_and_the_effective_set_what_one_has()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = Settings(fixture, "grep -E '^Cap(Eff|Bnd)' /proc/self/status", new LinuxSettings
        {
            EffectiveCapabilities = ["CAP_KILL"],
            BoundingCapabilities = ["CAP_KILL", "CAP_NET_RAW"],
        });

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue();

        fixture.Output(spec.Key).Split('\n')[..2].Select(Bits).ShouldBe([1ul << 5, (1ul << 5) | (1ul << 13)]);
    }

    [RootFact]
    public async Task A_capability_outside_of_the_bounding_set_is_refused()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = Settings(fixture, "true", new LinuxSettings { EffectiveCapabilities = ["CAP_NET_RAW"], BoundingCapabilities = ["CAP_KILL"] });

        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec))).Message.ShouldContain("CAP_NET_RAW");
    }

    [RootFact]
    public async Task Processes_and_ipc_are_shared_when_asked_for()
    {
        await using var fixture = RuntimeFixture.Linux();
        var pod = fixture.Spec("") with { HoldsPod = true };
        await fixture.LaunchAsync(pod);
        const string show = "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; echo $$; df -k /dev/shm | tail -1 | awk '{print $2}'";
        var sharing = Nested("sharing", new LinuxSettings { SharesPidNamespace = true });
        var alone = Nested("alone", new LinuxSettings { SharesIpcNamespace = false, SharedMemoryBytes = 8 << 20 });

        (await fixture.RunAsync(sharing)).Succeeded.ShouldBeTrue(fixture.Error(sharing.Key));
        (await fixture.RunAsync(alone)).Succeeded.ShouldBeTrue(fixture.Error(alone.Key));

        var shared = fixture.Output(sharing.Key).Split('\n');
        var own = fixture.Output(alone.Key).Split('\n');
        shared[2].ShouldNotBe("1");
        own[2].ShouldBe("1");
        own[0].ShouldNotBe(shared[0]);
        own[1].ShouldNotBe(shared[1]);
        own[3].ShouldBe("8192");

        ContainerSpec Nested(string name, LinuxSettings settings) =>
            fixture.Spec(show, new ContainerKey(name, pod.Key)) with { Linux = settings };
    }

    [RootFact]
    public async Task Nobody_is_among_the_machines_processes_where_the_agent_does_not_allow_it()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = Settings(fixture, "true", new LinuxSettings { SharesPidNamespace = true });

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("--share-agent-pid-namespace");
    }

    [RootFact]
    public async Task A_capability_that_is_named_is_another_users_too_and_the_usual_ones_are_not()
    {
        await using var fixture = RuntimeFixture.Linux();
        const string show = "grep -E '^Cap(Eff|Amb)' /proc/self/status";
        var named = Settings(fixture, show, new LinuxSettings { EffectiveCapabilities = ["CAP_NET_BIND_SERVICE"] });
        named = named with { Command = named.Command with { User = "nobody" } };
        var usual = Settings(fixture, show, LinuxSettings.Default);
        usual = usual with { Command = usual.Command with { User = "nobody" } };

        (await fixture.RunAsync(named)).Succeeded.ShouldBeTrue(fixture.Error(named.Key));
        (await fixture.RunAsync(usual)).Succeeded.ShouldBeTrue(fixture.Error(usual.Key));

        fixture.Output(named.Key).ShouldBe("CapEff:\t0000000000000400\nCapAmb:\t0000000000000400\n");
        fixture.Output(usual.Key).ShouldBe("CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n");
    }

    [RootFact]
    public async Task A_container_that_shares_the_machines_processes_ends_whole_all_the_same()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { SharesProcesses = true });
        var spec = Settings(fixture, "readlink /proc/self/ns/pid; sleep 1000 & echo ready; sleep 1000", new LinuxSettings { SharesPidNamespace = true });
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        fixture.Output(spec.Key).Split('\n')[0].ShouldBe(new FileInfo("/proc/self/ns/pid").LinkTarget);
        fixture.ProcessesOf(spec).Count.ShouldBeGreaterThan(1);
        await fixture.Runtime.DestroyAsync(spec.Key);

        fixture.ProcessesOf(spec).ShouldBeEmpty();
    }

    [RootFact]
    public async Task A_device_that_was_asked_for_is_there_with_the_access_asked_for()
    {
        await using var fixture = RuntimeFixture.Linux();
        var device = OciDevice.TryRead("/dev/fuse", "/dev/another-name", "r").ShouldNotBeNull();
        device.Major.ShouldBe(10u);
        device.Minor.ShouldBe(229u);
        var spec = Settings(
            fixture,
            "[ -c /dev/another-name ] && echo there; (: < /dev/another-name) && echo readable; (: > /dev/another-name) || echo refused",
            new LinuxSettings { Devices = [device] });

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("there\nreadable\nrefused\n", fixture.Error(spec.Key));
    }

    [RootFact("busybox")]
    public async Task An_init_process_collects_orphans_and_passes_the_status_on()
    {
        await using var fixture = RuntimeFixture.Linux();
        // An orphan that has ended and was not collected would be in state Z.
        var spec = Settings(
            fixture,
            "sh -c 'true & exec sh -c \"sleep 0.1; exit 0\"'; (sh -c 'exit 0' &) ; sleep 0.2; grep -l '^State:.Z' /proc/[0-9]*/status; echo $$; exit 7",
            new LinuxSettings { Init = true });

        (await fixture.RunAsync(spec)).ExitCode.ShouldBe(7);

        fixture.Output(spec.Key).Trim().ShouldNotBe("1");
        fixture.Output(spec.Key).ShouldNotContain("/proc/");
    }

    private static ContainerSpec Settings(RuntimeFixture fixture, string command, LinuxSettings settings) =>
        fixture.Spec(command) with { Linux = settings };

    private static ulong Bits(string line) => ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
