using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;
using FileStatus = Plenum.Http.Files.FileStatus;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Containers.Users;

/// <summary>Real containers whose root is nobody on the machine.</summary>
public sealed class UserNamespaceTests
{
    private const uint First = 1_000_000;

    [UserNamespaceFact]
    public async Task The_root_of_a_container_is_nobody_on_the_machine_and_no_two_have_the_same_ids()
    {
        await using var fixture = Fixture();
        var one = fixture.Spec("id -u; cat /proc/self/uid_map; exec sleep 1000");
        var two = fixture.Spec("exec sleep 1000") with { Command = new ContainerCommand { Value = "exec sleep 1000", User = "nobody" } };

        var first = await fixture.LaunchAsync(one);
        var second = await fixture.LaunchAsync(two);

        await fixture.WaitForOutputAsync(one.Key, "65536");
        UserOf(first.Pid).ShouldBe(First);
        UserOf(second.Pid).ShouldBe(First + IdRange.Count + 65_534);
        fixture.Output(one.Key).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ShouldBe(["0", "0", $"{First}", $"{IdRange.Count}"]);
    }

    [UserNamespaceFact("skopeo")]
    public async Task An_images_files_are_its_roots_what_it_writes_has_plain_owners_on_disk_and_its_log_opens_by_name()
    {
        await using var fixture = Fixture();
        var layout = TestImage.Create(Path.Join(fixture.WorkDirectory, "layout"), [], TestImage.BusyboxLayer, static tar =>
        {
            TestImage.Add(tar, "data", TarEntryType.Directory);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "data/theirs") { Uid = 1234, Gid = 1235, DataStream = new MemoryStream("x"u8.ToArray()) });
        });
        const string script = """
            B=/bin/busybox; cd $MESOS_SANDBOX
            $B stat -c %u:%g /bin/busybox /data/theirs /image/data/theirs . /
            echo reopened >> /dev/stdout; echo reopened >> /proc/self/fd/2
            echo x > mine && $B chown 1000:1001 mine && echo x > /data/new && $B rm /data/theirs && echo x > /image/data/new && $B mkdir /a && $B stat -c %u /data/new /a
            """;
        var spec = WithImage(fixture.Spec(script), layout) with
        {
            Volumes = [new VolumeRequest.OfImage("/image", ReadOnly: false, WithImage(fixture.Spec(""), layout).Image!)],
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        Lines(fixture.Output(spec.Key)).ShouldBe(["0:0", "1234:1235", "1234:1235", "0:0", "0:0", "reopened", "0", "0"]);
        fixture.Error(spec.Key).ShouldBe("reopened\n");
        Owner(Path.Join(spec.SandboxDirectory, "mine")).ShouldBe((1000u, 1001u));
        Owner(Path.Join(spec.SandboxDirectory, "stdout")).ShouldBe((0u, 0u));

        // The layers themselves, which others share, are as they were.
        var next = WithImage(fixture.Spec("/bin/busybox stat -c %u /data/theirs; [ -e /data/new ] || echo clean"), layout);
        (await fixture.RunAsync(next)).Succeeded.ShouldBeTrue(fixture.Error(next.Key));
        Lines(fixture.Output(next.Key)).ShouldBe(["1234", "clean"]);
    }

    [UserNamespaceFact]
    public async Task A_volume_of_the_agents_looks_the_same_to_containers_with_other_ids()
    {
        await using var fixture = Fixture();
        var volume = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "volume")).FullName;
        ContainerSpec Using(string command) => fixture.Spec(command) with { Mounts = [new ContainerMount(volume, "data", ReadOnly: false) { IsGivenToFirstUser = true }] };
        var writer = Using("echo kept > data/file && exec sleep 1000");
        writer = writer with { Command = writer.Command with { Value = "echo kept > data/file && echo wrote && exec sleep 1000", User = "nobody" } };
        await fixture.LaunchAsync(writer);
        await fixture.WaitForOutputAsync(writer.Key, "wrote");

        // The first one still has its ids: these are others.
        var reader = Using("grep -v ' 1000000 ' /proc/self/uid_map > /dev/null && stat -c %u data data/file && cat data/file && chown 7 data/file");
        (await fixture.RunAsync(reader)).Succeeded.ShouldBeTrue(fixture.Error(reader.Key));

        Lines(fixture.Output(reader.Key)).ShouldBe(["65534", "65534", "kept"]);
        Owner(Path.Join(volume, "file")).User.ShouldBe(7u);
    }

    [UserNamespaceFact]
    public async Task In_a_path_of_the_machine_a_container_has_the_rights_of_nobody_unless_the_operator_says_otherwise()
    {
        await using var fixture = Fixture(static options => options with { MappedPaths = ["/var/tmp/none", options.MappedPaths[0]] });
        var (open, mapped) = (Made(fixture, "open"), Made(fixture, "mapped"));
        const string script = """
            cd $MESOS_SANDBOX; stat -c %u machine/secret mapped/secret
            cat machine/secret; chown 0 machine/secret; chmod 777 machine/secret; rm -f machine/secret; echo changed > machine/secret
            cat mapped/secret; echo x > machine/new; echo x > mapped/new; chown 5 mapped/secret
            """;
        var spec = fixture.Spec(script) with
        {
            Mounts =
            [
                new ContainerMount(open, "machine", ReadOnly: false) { IsOfMachine = true },
                new ContainerMount(mapped, "mapped", ReadOnly: false) { IsOfMachine = true },
            ],
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        Lines(fixture.Output(spec.Key)).ShouldBe(["65534", "0", "hidden"]);
        var secret = Path.Join(open, "secret");
        (Owner(secret), File.GetUnixFileMode(secret), await File.ReadAllTextAsync(secret)).ShouldBe(((0u, 0u), UnixFileMode.UserRead | UnixFileMode.UserWrite, "hidden\n"));
        Owner(Path.Join(open, "new")).User.ShouldBe(First);
        Owner(Path.Join(mapped, "new")).User.ShouldBe(0u);
        Owner(Path.Join(mapped, "secret")).User.ShouldBe(5u);

        static string Made(RuntimeFixture fixture, string name)
        {
            var directory = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, name)).FullName;
            File.WriteAllText(Path.Join(directory, "secret"), "hidden\n");
            File.SetUnixFileMode(Path.Join(directory, "secret"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

            // As /tmp: everybody may make files and nobody may take another's.
            File.SetUnixFileMode(directory, (UnixFileMode)0x3ff);
            return directory;
        }
    }

    [UserNamespaceFact]
    public async Task Not_even_with_every_power_over_its_own_system_does_a_container_reach_the_machines()
    {
        await using var fixture = Fixture();
        var outside = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Join(outside, "file"), "untouched");
        string[] attempts =
        [
            "chown 0 $MESOS_SANDBOX/outside/file", "mknod $MESOS_SANDBOX/disk b 254 0", "mount -t devtmpfs none /mnt", "mount -o remount,rw /usr",
            "umount /etc", "echo x > /proc/sys/kernel/core_pattern", "echo h > /proc/sysrq-trigger", "date -s 2001-01-01",
            "[ -n \"$(cat /etc/shadow)\" ]", "touch /etc/x", "renice -n -5 1", "chown 70000 $MESOS_SANDBOX/stdout",
        ];
        var all = string.Join('\n', attempts.Select(static (attempt, index) => $"({attempt}) > /dev/null 2>&1 && echo 'succeeded: {index}'"));

        // What covers files within it was mounted in it, and goes at its word: the files themselves are not its own.
        var spec = fixture.Spec($"umount /proc/sys /proc/sysrq-trigger /etc/shadow\n{all}\nmount -t tmpfs none /tmp && echo own") with
        {
            Linux = new LinuxSettings { EffectiveCapabilities = DefaultCapabilities.OfMachine(), SeccompUnconfined = true },
            Mounts = [new ContainerMount(outside, "outside", ReadOnly: false) { IsOfMachine = true }],
        };

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("own\n", fixture.Error(spec.Key));
        Owner(Path.Join(outside, "file")).User.ShouldBe(0u);
    }

    [UserNamespaceFact]
    public async Task A_pod_is_one_system_with_one_range_and_a_session_is_in_it_too()
    {
        await using var fixture = Fixture();
        var pod = fixture.Spec("") with { HoldsPod = true };
        await fixture.LaunchAsync(pod);
        await fixture.LaunchAsync(fixture.Spec("sleep 1000"));
        const string maps = "cut -c -22 /proc/self/uid_map";
        var writer = Nested("writer", $"{maps}; readlink /proc/self/ns/user /proc/self/ns/ipc; echo x > /dev/shm/note; echo up; exec sleep 1000");
        var reader = Nested("reader", $"{maps}; readlink /proc/self/ns/user /proc/self/ns/ipc; stat -c %u /dev/shm/note /dev/shm; rm /dev/shm/note; exec sleep 1000");
        var wrote = await fixture.LaunchAsync(writer);
        await fixture.WaitForOutputAsync(writer.Key, "up");
        await fixture.LaunchAsync(reader);
        await fixture.WaitForOutputAsync(reader.Key, "0\n0\n");

        UserOf(wrote.Pid).ShouldBe(First);
        Lines(fixture.Output(reader.Key))[..3].ShouldBe(Lines(fixture.Output(writer.Key))[..3]);
        await using var session = await fixture.Runtime.ExecAsync(
            reader.Key, new ExecSpec { Command = new ContainerCommand { Value = "id -u; readlink /proc/self/ns/user; echo x > made; stat -c %u made" } }, default);
        using var output = new StreamReader(session.Output, Encoding.UTF8);
        Lines(await output.ReadToEndAsync()).ShouldBe(["0", Lines(fixture.Output(reader.Key))[1], "0"]);
        Owner(Path.Join(reader.SandboxDirectory, "made")).User.ShouldBe(0u);

        ContainerSpec Nested(string name, string command) => fixture.Spec(command, new ContainerKey(name, pod.Key));
    }

    [UserNamespaceFact]
    public async Task Who_has_which_ids_outlives_the_agent_and_they_are_given_out_again_after_the_last_process_only()
    {
        await using var fixture = Fixture(static options => options with { Size = 2 * IdRange.Count });
        var (old, other) = (fixture.Spec("exec sleep 1000"), fixture.Spec("exec sleep 1000"));
        UserOf((await fixture.LaunchAsync(old)).Pid).ShouldBe(First);

        (await fixture.RestartAsync()).ShouldHaveSingleItem().Start.ShouldNotBeNull();

        UserOf((await fixture.LaunchAsync(other)).Pid).ShouldBe(First + IdRange.Count);
        var refused = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(fixture.Spec("true")));
        refused.Message.ShouldContain("all 2 ranges of user ids of this agent are in use");
        refused.Message.ShouldContain("--user-namespaces");
        await fixture.Runtime.DestroyAsync(old.Key);
        UserOf((await fixture.LaunchAsync(fixture.Spec("exec sleep 1000"))).Pid).ShouldBe(First);

        // Without the option those that run keep what they have.
        await fixture.RestartAsync(static options => options with { Users = null });
        UserOf((await fixture.LaunchAsync(fixture.Spec("exec sleep 1000"))).Pid).ShouldBe(0u);
    }

    [UserNamespaceFact]
    public async Task A_privileged_container_manages_the_machine_and_has_its_ids_and_the_machines_namespaces_are_not_shared()
    {
        await using var fixture = Fixture();
        var privileged = fixture.Spec("exec sleep 1000") with { Linux = new LinuxSettings { Privileged = true } };

        UserOf((await fixture.LaunchAsync(privileged)).Pid).ShouldBe(0u);

        foreach (var linux in (LinuxSettings[])[new() { SharesPidNamespace = true }, new() { SharesIpcNamespace = true }])
        {
            (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(fixture.Spec("true") with { Linux = linux })))
                .Message.ShouldContain("cannot share the machine's processes or ipc namespace");
        }
    }

    [UserNamespaceFact]
    public async Task A_containers_own_network_is_its_roots_with_low_ports_and_settings()
    {
        await using var fixture = Fixture();
        using var http = new HttpClient();
        var spec = fixture.Spec("echo hello > index.html; cat /proc/sys/net/ipv4/ip_default_ttl; busybox httpd -p 80 -h . && echo ready; ls /sys/class/net; exec sleep 1000") with
        {
            Network = new NetworkRequest([new NetworkInfo { Name = "mesos-bridge" }]),
            Linux = new LinuxSettings { KernelSettings = new Dictionary<string, string> { ["net.ipv4.ip_default_ttl"] = "77" } },
        };

        var start = await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "eth0");

        UserOf(start.Pid).ShouldBe(First);
        fixture.Output(spec.Key).ShouldStartWith("77\nready\n");
        var address = start.Network.Networks.ShouldHaveSingleItem().IpAddresses.ShouldHaveSingleItem().IpAddress;
        (await http.GetStringAsync(new Uri($"http://{address}/"))).ShouldBe("hello\n");
    }

    [UserNamespaceFact]
    public async Task Secrets_devices_memory_and_terminals_are_what_they_are_without()
    {
        await using var fixture = Fixture();
        var spec = fixture.Spec("stat -c '%u %a' keys/pw; cat keys/pw; echo; head -c 3 /dev/given | wc -c; echo x > fast/file && echo fast; tty; sleep 1000") with
        {
            Volumes = [new VolumeRequest.Secret("keys/pw", "hush"u8.ToArray()), new VolumeRequest.Memory("fast", ReadOnly: false, ["size=1m", "mode=1777"])],
            Linux = new LinuxSettings { Devices = [OciDevice.TryRead("/dev/zero", "/dev/given")!] },
            Terminal = TerminalSize.Default,
        };
        spec = spec with { Command = spec.Command with { User = "nobody" } };

        await fixture.LaunchAsync(spec);

        await fixture.WaitForOutputAsync(spec.Key, "/dev/");
        Lines(fixture.Output(spec.Key).ReplaceLineEndings("\n"))[..4].ShouldBe(["65534 400", "hush", "3", "fast"]);
    }

    [UserNamespaceFact]
    public async Task A_volume_whose_file_system_cannot_show_other_owners_and_a_user_without_a_number_fail_with_what_to_do()
    {
        await using var fixture = Fixture();
        var spec = fixture.Spec("true");

        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec with { Mounts = [new ContainerMount("/proc/sys", "data", ReadOnly: true)] })))
            .Message.ShouldContain("/proc/sys cannot be shown to a container with user ids of its own");
        var alien = fixture.Spec("true");
        (await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(alien with { Command = alien.Command with { User = "70000" } })))
            .Message.ShouldContain("the number 70000");
    }

    private static RuntimeFixture Fixture(Func<UserNamespaceOptions, UserNamespaceOptions>? adjust = null) => RuntimeFixture.Linux(options =>
    {
        var users = new UserNamespaceOptions(First, 100 * IdRange.Count) { MappedPaths = [Path.Join(options.WorkDirectory, "mapped")] };
        return options with { Users = adjust?.Invoke(users) ?? users, SharesProcesses = true };
    });

    private static ContainerSpec WithImage(ContainerSpec spec, string layout) => spec with
    {
        Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } },
    };

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The machine's view.</summary>
    private static uint UserOf(int process) => uint.Parse(
        File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], CultureInfo.InvariantCulture);

    private static (uint User, uint Group) Owner(string path)
    {
        var status = FileStatus.Of(path)!;
        return (status.User, status.Group);
    }
}
