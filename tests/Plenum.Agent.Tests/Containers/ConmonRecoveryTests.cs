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
