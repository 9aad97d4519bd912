using System.Diagnostics;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class RecoveryTests
{
    [Fact]
    public async Task Kill_9_of_the_agent_touches_no_task_and_the_next_one_reports_true_exit_statuses()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        using (var child = ChildAgent.Start(master.Address, work))
        {
            await master.RegistrationAsync();
            master.Run(FakeMaster.Task("stays", "sleep 1000"));
            master.Run(FakeMaster.Task("ends", "while [ ! -f go ]; do sleep 0.05; done; touch gone; exit 7"));
            var stays = await master.UpdateAsync("stays", TaskState.TaskRunning);
            var ends = await EndsAsync(master, work);
            await child.KillAsync();

            // It ends while no agent is there.
            var sandbox = Path.Combine(work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/ends/runs", ends);
            await File.WriteAllTextAsync(Path.Combine(sandbox, "go"), "");
            await FileEvents.CreatedAsync(Path.Combine(sandbox, "gone"));
            Process.GetProcessById((int)stays.ContainerStatus.ExecutorPid).HasExited.ShouldBeFalse();
        }

        await using var fixture = await RecoveredFixture.StartAsync(master, work);
        fixture.Registration.Tasks.Select(static task => task.TaskId.Value).ShouldContain("stays");
        var failed = await ReportAsync(master, "ends");
        failed.State.ShouldBe(TaskState.TaskFailed);
        failed.Message.ShouldBe("Command exited with status 7");
        master.Kill("stays", TimeSpan.FromSeconds(5));
        (await master.UpdateAsync("stays", TaskState.TaskKilled)).Message.ShouldBe("Command terminated with signal Terminated");
    }

    [Fact]
    public async Task A_damaged_checkpoint_costs_its_own_task_and_goes_into_quarantine()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        await using (var first = await RecoveredFixture.StartAsync(master, work, leave: true))
        {
            master.Run(FakeMaster.Task("sound", "sleep 1000"));
            await master.UpdateAsync("sound", TaskState.TaskRunning);
            master.Run(FakeMaster.Task("torn", "sleep 1000"));
            await master.UpdateAsync("torn", TaskState.TaskRunning);
        }

        var record = Path.Combine(work, "meta/records/tasks/fw/torn.rec");
        var bytes = await File.ReadAllBytesAsync(record);
        await File.WriteAllBytesAsync(record, bytes[..(bytes.Length / 2)]);
        await using var second = await RecoveredFixture.StartAsync(master, work);
        var failed = await ReportAsync(master, "torn");
        failed.State.ShouldBe(TaskState.TaskFailed);
        failed.Message.ShouldContain("quarantine");
        Directory.EnumerateFiles(Path.Combine(work, "meta/quarantine")).ShouldHaveSingleItem();
        second.Registration.Tasks.Single(static task => task.TaskId.Value == "sound").State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public async Task Two_agents_on_one_directory_are_refused_with_what_to_do()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var refused = await Should.ThrowAsync<AgentStartException>(() => AgentServer.StartAsync(
            AgentFixture.Options(fixture.Master.Address, fixture.Work),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            CancellationToken.None));
        refused.Message.ShouldContain("Another agent runs");
    }

    // Updates of other tasks may come before; the terminal one of this task is awaited.
    private static async Task<TaskStatus> ReportAsync(FakeMaster master, string task)
    {
        while (true)
        {
            var message = await master.ReceiveAsync();
            if (message.StatusUpdate?.Status is { } status
                && status.TaskId.Value == task
                && status.State is not (TaskState.TaskStarting or TaskState.TaskRunning))
            {
                return status;
            }
        }
    }

    private static async Task<string> EndsAsync(FakeMaster master, string work)
    {
        // "ends" may have been running before "stays" was: its sandbox names its container.
        master.Run(FakeMaster.Task("marker", "sleep 1000"));
        await master.UpdateAsync("marker", TaskState.TaskRunning);
        var runs = Path.Combine(work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/ends/runs");
        return new DirectoryInfo(Path.Combine(runs, "latest")).LinkTarget!;
    }
}
