using System.Text.Json;
using Plenum.Agent.Tests.Checkpointing;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>An agent whose disk is full to the last page.</summary>
public sealed class FullDiskTests
{
    [RootFact]
    public async Task On_a_disk_without_a_page_left_what_runs_goes_on_ends_and_is_reported_and_nothing_new_starts()
    {
        var work = Directory.CreateTempSubdirectory("plenum-disk-").FullName;
        await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "plenum-test", work);
        var pipe = Path.Join(Path.GetTempPath(), $"plenum-{Guid.NewGuid():N}");
        using var gate = Gate.Create(pipe);
        try
        {
            await using var fixture = await AgentFixture.StartAsync(
                Directory.CreateDirectory(Path.Join(work, "agent")).FullName, static options => options with { MinimumFreeBytes = 8 << 20 });
            await fixture.RunUpAsync(FakeMaster.Task("killed", "sleep 1000"));
            await fixture.RunUpAsync(FakeMaster.Task("lasting", "sleep 1000"));
            await fixture.RunUpAsync(FakeMaster.Task("ends", $"read line < {pipe}; exit 7"));
            // The acknowledgement of the last update is on its way and meets the full disk, or has just been written.
            var ballast = Path.Join(work, "ballast");
            await FillAsync(ballast);

            fixture.Master.Run(FakeMaster.Task("refused", "true"));
            (await FailureAsync(fixture.Master, "refused")).ShouldContain("disk is full");
            gate.Open();
            (await FailureAsync(fixture.Master, "ends")).ShouldBe("Command exited with status 7");
            fixture.Master.Kill("killed", TimeSpan.FromSeconds(30));
            await fixture.Master.UpdateAsync("killed", TaskState.TaskKilled);
            (await MetricAsync(fixture, "plenum/checkpoint_disk_full")).ShouldBe(1);
            await FillAsync(ballast);

            await fixture.RestartAgentAsync();
            fixture.Registration.Tasks.ShouldContain(static task => task.TaskId.Value == "lasting" && task.State == TaskState.TaskRunning);
            fixture.Registration.Tasks.ShouldNotContain(static task => task.State == TaskState.TaskRunning && task.TaskId.Value != "lasting");

            File.Delete(ballast);
            fixture.Master.Run(FakeMaster.Task("after", "true"));
            await fixture.Master.UpdateAsync("after", TaskState.TaskFinished);
            (await MetricAsync(fixture, "plenum/checkpoint_disk_full")).ShouldBe(0);
            (await MetricAsync(fixture, "plenum/checkpoints_held")).ShouldBe(0);
        }
        finally
        {
            await Tool.RunAsync("umount", "--lazy", work);
            Directory.Delete(work);
            File.Delete(pipe);
        }
    }

    [Fact]
    public async Task A_disk_that_takes_no_record_at_all_holds_what_would_follow_and_the_agent_goes_on_when_it_takes_them_again()
    {
        var disk = new FullDisk();
        await using var fixture = await AgentFixture.StartAsync(disk: disk);
        await fixture.RunUpAsync(FakeMaster.Task("before", "sleep 1000"));
        (disk.IsFull, disk.IsBroken) = (true, true);
        fixture.Master.Kill("before", TimeSpan.FromSeconds(30));
        while (await MetricAsync(fixture, "plenum/checkpoints_held") == 0)
        {
            // Each look is an answer of the agent, which lives and waits for its disk.
        }

        fixture.Master.Send(new MasterMessage { Ping = new MasterMessage.Types.Ping { Sequence = 7, Connected = true } });
        AgentMessage message;
        do
        {
            message = await fixture.Master.ReceiveAsync();
            (message.StatusUpdate?.Status.State).ShouldNotBe(TaskState.TaskKilled, "nothing of that is on the disk yet");
        }
        while (message.Pong?.Sequence != 7);

        (disk.IsFull, disk.IsBroken) = (false, false);
        await fixture.Master.UpdateAsync("before", TaskState.TaskKilled);
        fixture.Master.Run(FakeMaster.Task("after", "true"));
        await fixture.Master.UpdateAsync("after", TaskState.TaskFinished);
    }

    private static async Task<string> FailureAsync(FakeMaster master, string task)
    {
        while (true)
        {
            if ((await master.ReceiveAsync()).StatusUpdate?.Status is { State: TaskState.TaskFailed } status && status.TaskId.Value == task)
            {
                return status.Message;
            }
        }
    }

    private static async Task<double> MetricAsync(AgentFixture fixture, string name)
    {
        using var metrics = JsonDocument.Parse(await fixture.GetAsync("metrics/snapshot"));
        return metrics.RootElement.GetProperty(name).GetDouble();
    }

    /// <summary>To the last page: a piece that does not fit is halved until it is a byte.</summary>
    private static async Task FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var piece = 1 << 20; piece > 0;)
        {
            try
            {
                await file.WriteAsync(new byte[piece]);
            }
            catch (IOException full)
            {
                full.Message.ShouldContain("space");
                piece /= 2;
            }
        }
    }
}
