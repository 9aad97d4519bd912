using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class ClockStepTests
{
    [Fact]
    public async Task A_clock_that_is_set_forward_cuts_no_grace_short()
    {
        var clock = new SetClock();
        await using var fixture = await AgentFixture.StartAsync(clock: clock);
        var running = await fixture.RunUpAsync(FakeMaster.Task(
            "slow", "trap 'touch asked' TERM; touch ready; while [ ! -f go ]; do sleep 0.05; done; exit 3"));
        var sandbox = fixture.SandboxOf(running);
        await FileEvents.CreatedAsync(Path.Combine(sandbox, "ready"));
        fixture.Master.Kill("slow", TimeSpan.FromHours(1));
        await FileEvents.CreatedAsync(Path.Combine(sandbox, "asked"));

        clock.Step(TimeSpan.FromHours(3));

        // Every command makes the agent look at its deadlines too, and this task's life takes several.
        await fixture.RunUpAsync(FakeMaster.Task("another", "sleep 1000"));
        await File.WriteAllTextAsync(Path.Combine(sandbox, "go"), "");
        (await fixture.Master.UpdateAsync("slow", TaskState.TaskKilled)).Message.ShouldBe("Command exited with status 3");
    }

    [Fact]
    public async Task An_agent_that_started_before_its_machine_had_the_time_reports_the_right_one_as_soon_as_it_has()
    {
        var clock = new SetClock();
        var early = DateTimeOffset.UnixEpoch - TimeProvider.System.GetUtcNow();
        clock.Step(early);
        await using var fixture = await AgentFixture.StartAsync(clock: clock);
        (await fixture.RunUpAsync(FakeMaster.Task("early", "sleep 1000"))).Timestamp.ShouldBeLessThan(TimeSpan.FromDays(1).TotalSeconds);

        clock.Step(-early);

        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (await fixture.RunUpAsync(FakeMaster.Task("late", "sleep 1000"))).Timestamp.ShouldBeGreaterThanOrEqualTo(before - 1);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_prolongs_no_grace()
    {
        var clock = new SetClock();
        await using var fixture = await AgentFixture.StartAsync(clock: clock);
        var running = await fixture.RunUpAsync(FakeMaster.Task(
            "deaf", "trap 'touch asked' TERM; touch ready; while :; do sleep 0.05; done"));
        var sandbox = fixture.SandboxOf(running);
        await FileEvents.CreatedAsync(Path.Combine(sandbox, "ready"));
        fixture.Master.Kill("deaf", TimeSpan.FromSeconds(3));
        await FileEvents.CreatedAsync(Path.Combine(sandbox, "asked"));

        clock.Step(TimeSpan.FromHours(-3));

        (await fixture.Master.UpdateAsync("deaf", TaskState.TaskKilled)).Message.ShouldBe("Command terminated with signal Killed");
    }
}
