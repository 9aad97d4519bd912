using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Launching;

/// <summary>What is done to containers that belong together, one after the other.</summary>
public sealed class OrderTests
{
    [Fact]
    public async Task A_pod_is_widened_before_the_tasks_that_need_the_room_are_launched()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        HeldLimits? held = null;
        await using (var agent = await AgentServer.StartAsync(
            AgentFixture.Options(master.Address, work),
            (options, clock, loggers) => held = new HeldLimits(RuntimeChoice.Create(options, clock, loggers)),
            new CheckpointDisk(),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None))
        {
            await master.RegistrationAsync();
            Group(master, "first");
            await master.UpdateAsync("first", TaskState.TaskRunning);
            Group(master, "second");
            await held!.Begun.Task.WaitAsync(Patience.Limit);

            // Whatever would not wait has had its time when the agent has answered this often.
            for (var sequence = 1UL; sequence <= 20; sequence++)
            {
                master.Send(new MasterMessage { Ping = new MasterMessage.Types.Ping { Sequence = sequence, Connected = true } });
                while ((await master.ReceiveAsync()).Pong?.Sequence != sequence)
                {
                }
            }

            held.Done.SetResult();
            await master.UpdateAsync("second", TaskState.TaskRunning);
            held.Steps.ShouldBe(["launch", "launch", "widen", "launch"]);
            master.Send(new MasterMessage { Shutdown = new MasterMessage.Types.Shutdown { Message = "the test is over" } });
            await agent.Completion.WaitAsync(Patience.Limit);
        }

        Directory.Delete(work, recursive: true);
    }

    private static void Group(FakeMaster master, string task) => master.Send(new MasterMessage
    {
        RunTaskGroup = new MasterMessage.Types.RunTaskGroup
        {
            Framework = FakeMaster.Framework(),
            Executor = new ExecutorInfo { Type = ExecutorInfo.Types.Type.Default, ExecutorId = new ExecutorID { Value = "pod" } },
            TaskGroup = new TaskGroupInfo { Tasks = { FakeMaster.Task(task, "sleep 1000") } },
        },
    });
}
