using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Persistent volumes of real containers on a real agent.</summary>
public sealed class PersistentVolumeTests
{
    [RootFact]
    public async Task Data_outlives_its_task_and_the_agent_and_goes_with_the_volume()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        var directory = Path.Combine(work, "volumes/roles/eng web/db");

        // 1. Reserve, create and launch, as one ACCEPT sends them.
        await using (await RecoveredFixture.StartAsync(master, work, leave: true, AgentIsolation.Containers))
        {
            master.Send(Orders.Reserve(1, Orders.Reserved("disk:100", "eng/web")));
            master.Send(Orders.Create(2, Volume()));
            master.Run(On(FakeMaster.Task("writer", "id -u > data/owner && echo precious > data/kept && sync")));
            await EndAsync(master, "writer", TaskState.TaskFinished);
            (await File.ReadAllTextAsync(Path.Combine(directory, "kept"))).ShouldBe("precious\n");
        }

        // 2. Another agent process, another task, the same volume: read-only this time.
        await using var again = await RecoveredFixture.StartAsync(master, work, isolation: AgentIsolation.Containers);
        again.Registration.CheckpointedResources.ShouldContain(resource => resource.Disk.Persistence.Id == "db");
        master.Run(On(FakeMaster.Task("reader", "test \"$(cat data/kept)\" = precious && ! touch data/new"), Protocol.V1.Volume.Types.Mode.Ro));
        await EndAsync(master, "reader", TaskState.TaskFinished);

        // 3. DESTROY takes the data along.
        master.Send(Orders.Destroy(3, Volume()));
        while ((await master.ReceiveAsync()).OperationUpdate is not { Status.OperationId.Value: "op-3" } update
            || update.Status.State != OperationState.OperationFinished)
        {
            // Earlier outcomes are repeated meanwhile.
        }

        Directory.Exists(directory).ShouldBeFalse();
    }

    [Fact]
    public async Task A_volume_that_fails_as_nobody_expected_does_not_stop_the_next_ones()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Send(Orders.Reserve(1, Orders.Reserved("disk:200")));
        // No path can hold this character, and no master lets it through.
        fixture.Master.Send(Orders.Create(2, Orders.Volume("d\0")));
        fixture.Master.Send(Orders.Create(3, Orders.Volume("db")));
        var outcomes = new Dictionary<string, OperationState>();
        while (!outcomes.ContainsKey("op-3"))
        {
            if ((await fixture.Master.ReceiveAsync()).OperationUpdate is { Status: var status })
            {
                outcomes[status.OperationId.Value] = status.State;
            }
        }

        outcomes["op-2"].ShouldBe(OperationState.OperationFailed);
        outcomes["op-3"].ShouldBe(OperationState.OperationFinished);
    }

    [RootFact]
    public async Task The_directory_belongs_to_the_user_of_the_first_task()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        await using var agent = await RecoveredFixture.StartAsync(master, work, isolation: AgentIsolation.Containers);
        master.Send(Orders.Reserve(1, Orders.Reserved("disk:100", "eng/web")));
        master.Send(Orders.Create(2, Volume()));
        master.Run(On(FakeMaster.Task("writer", "touch data/mine", task => task.Command.User = "nobody")));
        await EndAsync(master, "writer", TaskState.TaskFinished);
        File.Exists(Path.Combine(work, "volumes/roles/eng web/db/mine")).ShouldBeTrue();
    }

    [RootFact]
    public async Task A_volume_whose_directory_vanished_is_never_made_anew()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        var directory = Path.Combine(work, "volumes/roles/eng web/db");
        await using (await RecoveredFixture.StartAsync(master, work, leave: true, AgentIsolation.Containers))
        {
            master.Send(Orders.Reserve(1, Orders.Reserved("disk:100", "eng/web")));
            master.Send(Orders.Create(2, Volume()));
            master.Run(On(FakeMaster.Task("writer", "touch data/x")));
            await EndAsync(master, "writer", TaskState.TaskFinished);
        }

        Directory.Delete(directory, recursive: true);
        await using var again = await RecoveredFixture.StartAsync(master, work, isolation: AgentIsolation.Containers);
        master.Run(On(FakeMaster.Task("reader", "cat data/x")));
        var failed = await EndAsync(master, "reader", TaskState.TaskFailed);
        failed.Message.ShouldContain("is missing");
        failed.Message.ShouldContain("Bring the disk back");
        Directory.Exists(directory).ShouldBeFalse();
    }

    private static Resource Volume(Volume.Types.Mode mode = Protocol.V1.Volume.Types.Mode.Rw) => Orders.Volume("db", 100, "eng/web", mode);

    private static TaskInfo On(TaskInfo task, Volume.Types.Mode mode = Protocol.V1.Volume.Types.Mode.Rw)
    {
        task.Resources.Add(Volume(mode));
        return task;
    }

    private static async Task<TaskStatus> EndAsync(FakeMaster master, string task, TaskState state)
    {
        while (true)
        {
            var message = await master.ReceiveAsync();
            if (message.StatusUpdate?.Status is { } status
                && status.TaskId.Value == task
                && status.State is TaskState.TaskFinished or TaskState.TaskFailed or TaskState.TaskLost or TaskState.TaskError)
            {
                status.State.ShouldBe(state, status.Message);
                return status;
            }
        }
    }
}
