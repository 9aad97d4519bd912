using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Tests.Containers;

public sealed class ConmonRecoveryTests
{
    [RootFact]
    public async Task A_running_container_is_found_again_and_its_exit_is_still_seen()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        var start = await fixture.LaunchAsync(spec);
        await fixture.WaitForOutputAsync(spec.Key, "ready");

        var recovered = (await fixture.RestartAsync()).ShouldHaveSingleItem();

        recovered.Key.ShouldBe(spec.Key);
        recovered.SandboxDirectory.ShouldBe(spec.SandboxDirectory);
        recovered.Exit.ShouldBeNull();
        recovered.Start.ShouldNotBeNull().Pid.ShouldBe(start.Pid);
        fixture.Runtime.Statistics(spec.Key).ShouldNotBeNull();
        fixture.Runtime.Signal(spec.Key, LibC.SignalTerminate).ShouldBeTrue();
        (await fixture.EndAsync(spec.Key)).ExitCode.ShouldBe(5);
    }

    [RootFact]
    public async Task A_container_that_ended_while_no_agent_ran_reports_its_exit_status()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("read line < gate; exit 7");
        using var gate = Gate.Create(Path.Join(spec.SandboxDirectory, "gate"));
        var start = await fixture.LaunchAsync(spec);
        await fixture.Runtime.DisposeAsync();
        using var first = ProcessHandle.TryOpen(start.Pid).ShouldNotBeNull();
        using var monitor = ProcessHandle.TryOpen(ProcessStatus.TryRead(start.Pid)!.Parent).ShouldNotBeNull();
        using var watcher = new ProcessWatcher();
        var ended = watcher.WatchAsync(monitor);
        gate.Open();
        await ended.WaitAsync(RuntimeFixture.Patience);

        var recovered = (await fixture.RestartAsync()).ShouldHaveSingleItem();

        recovered.Start.ShouldBeNull();
        recovered.Exit.ShouldNotBeNull().ExitCode.ShouldBe(7);
        // Until it is destroyed it is reported again, in case the agent dies before it has passed it on.
        (await fixture.RestartAsync()).ShouldHaveSingleItem().Exit!.ExitCode.ShouldBe(7);
    }

    [RootFact]
    public async Task After_a_reboot_what_had_ended_keeps_its_status_and_what_ran_was_ended_by_the_restart()
    {
        await using var fixture = RuntimeFixture.Linux();
        var ended = fixture.Spec("exit 7");
        var ran = fixture.Spec("exit 8");
        await fixture.RunAsync(ended);
        await fixture.RunAsync(ran);
        foreach (var key in (ContainerKey[])[ended.Key, ran.Key])
        {
            var record = Path.Join(fixture.WorkDirectory, "runtime", "containers", key.Name, "record.json");
            await File.WriteAllTextAsync(record, (await File.ReadAllTextAsync(record)).Replace(Boot.Id, "another-boot", StringComparison.Ordinal));
        }

        // The machine went down before anybody could note an end.
        File.Delete(Path.Join(new BundleLayout(Path.Join(fixture.WorkDirectory, "runtime", "containers", ran.Key.Name)).Exits, ran.Key.Name));

        var recovered = await fixture.RestartAsync();

        recovered.Single(r => r.Key == ended.Key).Exit!.ExitCode.ShouldBe(7);
        var lost = recovered.Single(r => r.Key == ran.Key).Exit.ShouldNotBeNull();
        lost.WaitStatus.ShouldBeNull();
        lost.Reason.ShouldNotBeNull().ShouldContain("restarted");
    }

    [RootFact]
    public async Task An_exit_status_that_a_power_cut_took_is_said_to_be_lost()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("exit 7");
        await fixture.RunAsync(spec);
        await File.WriteAllTextAsync(
            Path.Join(new BundleLayout(Path.Join(fixture.WorkDirectory, "runtime", "containers", spec.Key.Name)).Exits, spec.Key.Name), "");

        var exit = (await fixture.RestartAsync()).ShouldHaveSingleItem().Exit.ShouldNotBeNull();

        exit.WaitStatus.ShouldBeNull();
        exit.Reason.ShouldNotBeNull().ShouldContain("lost");
    }

    [RootFact]
    public async Task A_torn_record_quarantines_that_container_and_no_other()
    {
        await using var fixture = RuntimeFixture.Linux();
        var torn = fixture.Spec("sleep 1000");
        var sound = fixture.Spec("sleep 1000");
        await fixture.LaunchAsync(torn);
        await fixture.LaunchAsync(sound);
        var record = Path.Join(fixture.WorkDirectory, "runtime", "containers", torn.Key.Name, "record.json");
        await File.WriteAllTextAsync(record, (await File.ReadAllTextAsync(record))[..40]);

        var recovered = await fixture.RestartAsync();

        recovered.Count.ShouldBe(2);
        recovered.Single(r => r.Key == sound.Key).Start.ShouldNotBeNull();
        var bad = recovered.Single(r => r.Key == torn.Key);
        bad.Start.ShouldBeNull();
        bad.Quarantined.ShouldNotBeNull().ShouldContain("quarantine");
        (await fixture.Runtime.WaitAsync(torn.Key)).ShouldBeNull();
    }

    [RootFact]
    public async Task A_container_whose_monitor_was_killed_is_ended_and_says_so()
    {
        await using var fixture = RuntimeFixture.Linux();
        var spec = fixture.Spec("sleep 1000");
        var start = await fixture.LaunchAsync(spec);

        LibC.Kill(ProcessStatus.TryRead(start.Pid)!.Parent, LibC.SignalKill).ShouldBe(0);
        var exit = await fixture.EndAsync(spec.Key);

        exit.WaitStatus.ShouldBeNull();
        exit.Reason.ShouldNotBeNull();
    }

    [RootFact]
    public async Task A_launch_that_was_cut_short_leaves_nothing_after_the_restart()
    {
        await using var fixture = RuntimeFixture.Linux();
        var half = Path.Join(fixture.WorkDirectory, "runtime", "containers", "half-made");
        Directory.CreateDirectory(half);
        await File.WriteAllTextAsync(Path.Join(half, "config.json"), "{}");

        (await fixture.RestartAsync()).ShouldBeEmpty();

        Directory.Exists(half).ShouldBeFalse();
    }
}
