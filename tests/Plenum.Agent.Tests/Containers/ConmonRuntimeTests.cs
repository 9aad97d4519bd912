using Plenum.Agent.Containers;
using Plenum.Agent.Native;
using Plenum.Protocol.V1;
using Environment = System.Environment;
using Task = System.Threading.Tasks.Task;

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

    [RootFact]
    public async Task A_container_is_given_few_privileges_and_none_of_the_machines_secrets()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec(
            "grep -E 'CapEff|NoNewPrivs|^Seccomp:' /proc/self/status; head -c1 /etc/shadow; ls /root /var/lib /home 2>&1 | head -3;"
            + " touch /usr/x /etc/x; mount -t tmpfs t /tmp; unshare -U true; ls /proc | grep -c '^[0-9]'");

        (await fixture.RunAsync(spec)).WaitStatus.ShouldNotBeNull();

        var output = fixture.Output(spec.Key);
        output.ShouldContain("NoNewPrivs:\t1");
        output.ShouldContain("Seccomp:\t2");
        // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE, SYS_CHROOT
        output.ShouldContain("CapEff:\t00000000000404fb");
        var error = fixture.Error(spec.Key);
        error.ShouldContain("/usr/x");
        error.ShouldContain("/etc/x");
        error.ShouldContain("unshare failed");
        output.ShouldNotContain("root:");
        output.ShouldContain("cannot access '/root'");
        int.Parse(output.TrimEnd().Split('\n')[^1]).ShouldBeLessThan(6);
    }

    [RootFact]
    public async Task The_environment_holds_what_was_asked_and_nothing_of_the_agent()
    {
        await using var fixture = RuntimeFixture.Linux();
        Environment.SetEnvironmentVariable("PLENUM_TEST_LEAK", "leaked");
        var spec = fixture.Spec("env | sort");
        spec = spec with { Command = spec.Command with { Environment = new Dictionary<string, string> { ["GREETING"] = "a=b \"c\"" } } };

        await fixture.RunAsync(spec);

        var lines = fixture.Output(spec.Key).TrimEnd().Split('\n').Where(static l => !l.StartsWith("PWD=", StringComparison.Ordinal) && !l.StartsWith("_=", StringComparison.Ordinal) && l != "HOME=/root").ToArray();
        lines.ShouldBe(
            ["GREETING=a=b \"c\"", $"MESOS_SANDBOX={spec.SandboxDirectory}", $"PATH={CommandLine.DefaultPath}"], ignoreOrder: true);
    }

    [RootFact]
    public async Task A_program_that_does_not_exist_fails_the_launch_with_its_name_and_leaves_nothing()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("");
        spec = spec with { Command = new ContainerCommand { Shell = false, Value = "no-such-program" } };

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Message.ShouldContain("no-such-program");
        (await fixture.Runtime.WaitAsync(spec.Key)).ShouldBeNull();
        // The same container may be tried again.
        (await fixture.RunAsync(fixture.Spec("true", spec.Key))).Succeeded.ShouldBeTrue();
    }

    [RootFact]
    public async Task Exceeding_the_memory_limit_is_reported_with_its_numbers()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("head -c 200m /dev/zero | tail") with
        {
            Limits = new ContainerLimits { Cpus = 0.1, MemoryBytes = 33 * 1024 * 1024 },
        };

        var exit = await fixture.RunAsync(spec);

        exit.Succeeded.ShouldBeFalse();
        var memory = exit.OutOfMemory.ShouldNotBeNull();
        memory.LimitBytes.ShouldBe(33 * 1024 * 1024);
        memory.PeakBytes.ShouldNotBeNull().ShouldBeInRange(30 * 1024 * 1024, 33 * 1024 * 1024);
        memory.Kills.ShouldBeGreaterThan(0);
    }

    [RootFact]
    public async Task Where_the_agent_binds_cpus_a_container_has_no_more_than_it_asked_for_unless_it_says_so()
    {
        await using var fixture = RuntimeFixture.Linux(static options => options with { BindsProcessors = true });
        var plain = fixture.Spec("sleep 1000") with { Limits = new ContainerLimits { Cpus = 0.5 } };
        var bursting = fixture.Spec("sleep 1000") with { Limits = new ContainerLimits { Cpus = 0.5, CpuLimit = double.PositiveInfinity } };
        var lent = fixture.Spec("sleep 1000") with { Limits = new ContainerLimits { Cpus = 0.5, IsRevocable = true } };
        foreach (var spec in (ContainerSpec[])[plain, bursting, lent])
        {
            await fixture.LaunchAsync(spec);
        }

        fixture.Runtime.Statistics(plain.Key)!.CpusLimit.ShouldBe(0.5);
        fixture.Runtime.Statistics(bursting.Key)!.HasCpusLimit.ShouldBeFalse();
        fixture.Runtime.Statistics(lent.Key)!.HasCpusLimit.ShouldBeFalse();
        await fixture.Runtime.UpdateLimitsAsync(plain.Key, new ContainerLimits { Cpus = 0.25 }, CancellationToken.None);
        fixture.Runtime.Statistics(plain.Key)!.CpusLimit.ShouldBe(0.25);
    }

    [RootFact]
    public async Task A_container_that_loses_only_a_child_for_its_memory_limit_is_heard_of_at_once()
    {
        await using var fixture = RuntimeFixture.Linux();
        var quiet = fixture.Spec("sleep 1000") with { Limits = new ContainerLimits { Cpus = 0.1, MemoryBytes = 33 << 20 } };
        var spec = fixture.Spec("head -c 200m /dev/zero | tail > /dev/null; sleep 1000") with
        {
            Limits = new ContainerLimits { Cpus = 0.1, MemoryBytes = 33 << 20 },
        };
        await fixture.LaunchAsync(quiet);
        var silence = fixture.Runtime.WaitOutOfMemoryAsync(quiet.Key, CancellationToken.None);
        await fixture.LaunchAsync(spec);

        var memory = (await fixture.Runtime.WaitOutOfMemoryAsync(spec.Key, CancellationToken.None)).ShouldNotBeNull();

        memory.LimitBytes.ShouldBe(33 << 20);
        memory.PeakBytes.ShouldNotBeNull().ShouldBeInRange(30 << 20, 33 << 20);
        await fixture.Runtime.DestroyAsync(quiet.Key);
        (await silence).ShouldBeNull("it ended otherwise");
        (await fixture.Runtime.WaitOutOfMemoryAsync(quiet.Key, CancellationToken.None)).ShouldBeNull("it is not known any more");
    }

    [RootFact]
    public async Task Limits_are_set_updated_and_shown_in_the_statistics()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("while :; do :; done") with
        {
            Limits = new ContainerLimits { Cpus = 0.5, CpuLimit = 0.5, MemoryBytes = 64 << 20, Processes = 7 },
        };
        await fixture.LaunchAsync(spec);

        var before = fixture.Runtime.Statistics(spec.Key).ShouldNotBeNull();
        before.CpusLimit.ShouldBe(0.5);
        before.MemLimitBytes.ShouldBe(64ul << 20);
        before.Processes.ShouldBe(1u);
        await fixture.Runtime.UpdateLimitsAsync(
            spec.Key, new ContainerLimits { Cpus = 1, CpuLimit = 0.75, MemoryBytes = 32 << 20, MemoryLimitBytes = 128 << 20 }, default);
        var after = fixture.Runtime.Statistics(spec.Key).ShouldNotBeNull();
        after.CpusLimit.ShouldBe(0.75);
        after.MemLimitBytes.ShouldBe(128ul << 20);
        await fixture.Runtime.UpdateLimitsAsync(spec.Key, new ContainerLimits { Cpus = 1, MemoryBytes = 32 << 20 }, default);
        fixture.Runtime.Statistics(spec.Key)!.MemLimitBytes.ShouldBe(128ul << 20, "a hard limit is never lowered while tasks run");
        await fixture.Runtime.DestroyAsync(spec.Key);
        fixture.Runtime.Statistics(spec.Key).ShouldBeNull();
    }

    [RootFact]
    public async Task Processes_beyond_the_limit_cannot_be_started()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo all") with
        {
            Limits = new ContainerLimits { Processes = 4 },
        };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeFalse();

        fixture.Output(spec.Key).ShouldNotContain("all");
    }

    [RootFact]
    public async Task A_shell_without_a_handler_ends_by_SIGTERM_although_it_is_pid_1()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("echo ready; sleep 1000; echo went on");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate).ShouldBeTrue();
        var exit = await fixture.EndAsync(spec.Key);

        exit.Signal.ShouldBe(LibC.SignalTerminate);
        fixture.Output(spec.Key).ShouldBe("ready\n");
        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate).ShouldBeFalse();
    }

    [RootFact]
    public async Task A_child_that_handles_SIGTERM_gets_its_time_behind_a_shell_that_does_not()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec(
            "sh -c 'trap \"sleep 0.3; echo cleaned; exit 0\" TERM; echo ready; while :; do sleep 0.05; done'; echo went on");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate);
        var exit = await fixture.EndAsync(spec.Key);

        exit.Signal.ShouldBe(LibC.SignalTerminate);
        fixture.Output(spec.Key).ShouldBe("ready\ncleaned\n");
    }

    [RootFact]
    public async Task A_command_that_handles_SIGTERM_chooses_its_own_exit_code()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate);

        (await fixture.EndAsync(spec.Key)).ExitCode.ShouldBe(42);
    }

    [RootFact]
    public async Task An_exit_code_above_128_is_not_taken_for_a_signal_where_the_kernel_tells()
    {
        await using var fixture = RuntimeFixture.Linux();

        var exit = await fixture.RunAsync(fixture.Spec("exit 137"));

        // Linux 6.15 and later keep the exact status; before, conmon's number is all there is.
        if (Environment.OSVersion.Version >= new Version(6, 15))
        {
            exit.ExitCode.ShouldBe(137);
        }
        else
        {
            exit.Signal.ShouldBe(LibC.SignalKill);
        }
    }

    [RootFact]
    public async Task Destroying_kills_every_process_even_those_that_left_the_session()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("setsid sh -c 'trap \"\" TERM HUP; sleep 1001' & trap '' TERM; echo ready; sleep 1002");
        await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");
        var end = fixture.EndAsync(spec.Key);

        await fixture.Runtime.DestroyAsync(spec.Key);
        await fixture.Runtime.DestroyAsync(spec.Key);

        (await end).Signal.ShouldBe(LibC.SignalKill);
        (await fixture.Runtime.WaitAsync(spec.Key)).ShouldBeNull();
        // The fixture looks for processes, cgroups, mounts and files that stayed behind.
    }

    [RootFact]
    public async Task Another_user_runs_the_command_and_owns_the_sandbox()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("id -un; touch mine; stat -c %U mine .");
        spec = spec with { Command = spec.Command with { User = "daemon" } };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        fixture.Output(spec.Key).ShouldBe("daemon\ndaemon\ndaemon\n");
    }

    [RootFact]
    public async Task Rlimits_apply_and_never_exceed_the_machines_own()
    {
        await using var fixture = RuntimeFixture.Linux();
        var limits = new RLimitInfo();
        limits.Rlimits.Add(new RLimitInfo.Types.RLimit { Type = RLimitInfo.Types.RLimit.Types.Type.RlmtCore, Soft = 0, Hard = 4096 });
        limits.Rlimits.Add(new RLimitInfo.Types.RLimit { Type = RLimitInfo.Types.RLimit.Types.Type.RlmtNofile });
        var spec = fixture.Spec("ulimit -Hc; ulimit -Sc; ulimit -Hn") with { ResourceLimits = limits };

        (await fixture.RunAsync(spec)).Succeeded.ShouldBeTrue(fixture.Error(spec.Key));

        var lines = fixture.Output(spec.Key).Split('\n');
        // The shell counts in blocks of 512 bytes.
        lines[0].ShouldBe("8");
        lines[1].ShouldBe("0");
        lines[2].ShouldNotBeEmpty();
    }

    [RootFact]
    public async Task Volumes_appear_where_they_were_asked_for()
    {
        await using var fixture = RuntimeFixture.Linux();
        var data = Directory.CreateDirectory(Path.Join(fixture.WorkDirectory, "data")).FullName;
        File.WriteAllText(Path.Join(data, "file"), "from the host\n");
        var spec = fixture.Spec("cat inside/file /elsewhere/file; echo new > inside/new; touch /elsewhere/no; true") with
        {
            Mounts = [new ContainerMount(data, "inside", ReadOnly: false), new ContainerMount(data, "/elsewhere", ReadOnly: true)],
        };

        await fixture.RunAsync(spec);

        fixture.Output(spec.Key).ShouldBe("from the host\nfrom the host\n");
        File.ReadAllText(Path.Join(data, "new")).ShouldBe("new\n");
        fixture.Error(spec.Key).ShouldContain("/elsewhere/no");
        File.Exists(Path.Join(data, "no")).ShouldBeFalse();
    }

    [RootFact]
    public async Task A_volume_that_would_write_into_the_machines_files_is_refused()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("true") with { Mounts = [new ContainerMount("/var/tmp", "/etc/plenum-test-nowhere", ReadOnly: true)] };

        var failure = await Should.ThrowAsync<ContainerLaunchException>(() => fixture.LaunchAsync(spec));

        failure.Failure.ShouldBe(ContainerLaunchFailure.InvalidSpec);
        Directory.Exists("/etc/plenum-test-nowhere").ShouldBeFalse();
    }

    [RootFact]
    public async Task Cancelling_a_launch_leaves_nothing()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => fixture.Runtime.LaunchAsync(spec, cancelled.Token));

        (await fixture.Runtime.WaitAsync(spec.Key)).ShouldBeNull();
    }

    [RootFact]
    public async Task Many_containers_launched_and_destroyed_at_once_do_not_disturb_each_other()
    {
        await using var fixture = RuntimeFixture.Linux();
        var specs = Enumerable.Range(0, 20).Select(i => fixture.Spec($"echo {i}; exit {i}")).ToArray();

        var exits = await Task.WhenAll(specs.Select(fixture.RunAsync));
        await Task.WhenAll(specs.Select(spec => fixture.Runtime.DestroyAsync(spec.Key)));

        exits.Select(static e => e.ExitCode).ShouldBe(Enumerable.Range(0, 20).Select(static i => (int?)i));
        specs.Select(spec => fixture.Output(spec.Key)).ShouldBe(Enumerable.Range(0, 20).Select(static i => $"{i}\n"));
    }
}
