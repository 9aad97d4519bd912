using Plenum.Agent.Tests.Checkpointing;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class SlowDiskTests
{
    [Fact]
    public async Task While_the_disk_hangs_pings_and_readers_are_answered_and_nothing_is_said_that_is_not_written()
    {
        using var disk = new HangingDisk();
        await using var fixture = await AgentFixture.StartAsync(disk: disk);
        var running = await fixture.RunUpAsync(FakeMaster.Task("ends", "while [ ! -f go ]; do sleep 0.05; done; touch gone; exit 7"));
        try
        {
            disk.Hang();
            fixture.Master.Run(FakeMaster.Task("new", "sleep 1000"));
            await disk.Reached.WaitAsync(Patience.Limit);
            var sandbox = fixture.SandboxOf(running);
            await File.WriteAllTextAsync(Path.Combine(sandbox, "go"), "");
            await FileEvents.CreatedAsync(Path.Combine(sandbox, "gone"));

            for (var sequence = 1UL; sequence <= 3; sequence++)
            {
                await PingAsync(fixture.Master, sequence);
            }

            (await fixture.GetAsync("state")).ShouldContain("\"ends\"");
            (await fixture.GetAsync("metrics/snapshot")).ShouldContain("slave/tasks_running");
        }
        finally
        {
            disk.GoOn();
        }

        (await EndAsync(fixture.Master, "ends")).Message.ShouldBe("Command exited with status 7");
        await fixture.RunUpAsync(FakeMaster.Task("after", "sleep 1000"));
    }

    [Fact]
    public async Task Kills_that_waited_for_a_disk_that_hung_leave_their_whole_grace()
    {
        using var disk = new HangingDisk();
        var clock = new SetClock();
        await using var fixture = await AgentFixture.StartAsync(clock: clock, disk: disk);
        foreach (var task in (string[])["early", "late"])
        {
            var running = await fixture.RunUpAsync(FakeMaster.Task(task, "trap 'exit 3' TERM; touch ready; while :; do sleep 0.05; done"));
            await FileEvents.CreatedAsync(Path.Combine(fixture.SandboxOf(running), "ready"));
        }

        try
        {
            disk.Hang();
            fixture.Master.Run(FakeMaster.Task("new", "sleep 1000"));
            await disk.Reached.WaitAsync(Patience.Limit);

            // One before the disk is known to hang and one after, and for both it hangs for longer than their grace.
            fixture.Master.Kill("early", TimeSpan.FromMinutes(2));
            await PingAsync(fixture.Master, 1);
            clock.Pass(TimeSpan.FromMinutes(4));
            await PingAsync(fixture.Master, 2);
            fixture.Master.Kill("late", TimeSpan.FromMinutes(2));
            await PingAsync(fixture.Master, 3);
            clock.Pass(TimeSpan.FromMinutes(4));
            await PingAsync(fixture.Master, 4);
        }
        finally
        {
            disk.GoOn();
        }

        var ends = new Dictionary<string, string>(StringComparer.Ordinal);
        while (ends.Count < 2)
        {
            if ((await fixture.Master.ReceiveAsync()).StatusUpdate?.Status is { State: TaskState.TaskKilled } status)
            {
                ends[status.TaskId.Value] = status.Message;
            }
        }

        ends["early"].ShouldBe("Command exited with status 3");
        ends["late"].ShouldBe("Command exited with status 3");
    }

    private static async Task PingAsync(FakeMaster master, ulong sequence)
    {
        master.Send(new MasterMessage { Ping = new MasterMessage.Types.Ping { Sequence = sequence, Connected = true } });
        AgentMessage message;
        do
        {
            message = await master.ReceiveAsync();
            (message.StatusUpdate?.Status.TaskId.Value).ShouldNotBe("new", "nothing of the new task is on the disk yet");
        }
        while (message.Pong?.Sequence != sequence);
    }

    private static async Task<TaskStatus> EndAsync(FakeMaster master, string task)
    {
        while (true)
        {
            if ((await master.ReceiveAsync()).StatusUpdate?.Status is { State: TaskState.TaskFailed } status && status.TaskId.Value == task)
            {
                return status;
            }
        }
    }
}
