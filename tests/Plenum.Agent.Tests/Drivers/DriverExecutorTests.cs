using Google.Protobuf;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Driver;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Tests.Shared;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Drivers;

/// <summary>An executor linked with the old driver: its container only sleeps, the test speaks for it over libprocess.</summary>
public sealed class DriverExecutorTests
{
    private static readonly ExecutorID Executor = new() { Value = "ex" };

    [Fact]
    public async Task An_executor_registers_gets_its_tasks_reports_and_is_told_of_acknowledgements_kills_messages_and_its_end()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = await RegisteredAsync(fixture);
        var run = await executor.NextAsync(RunTaskMessage.Parser);
        run.Task.TaskId.Value.ShouldBe("t");
        run.Framework.Id.ShouldBe(FakeMaster.Framework().Id);

        var update = Update(TaskState.TaskRunning);
        await executor.SendAsync(update);
        var told = await fixture.Master.UpdateAsync("t", TaskState.TaskRunning);
        told.Uuid.ShouldBe(update.Update.Uuid);
        told.Source.ShouldBe(Source.Executor);
        (await executor.NextAsync(StatusUpdateAcknowledgementMessage.Parser)).Uuid.ShouldBe(update.Update.Uuid);

        fixture.Master.Kill("t", TimeSpan.FromSeconds(1));
        (await executor.NextAsync(KillTaskMessage.Parser)).TaskId.Value.ShouldBe("t");
        fixture.Master.Send(new MasterMessage
        {
            FrameworkMessage = new MasterMessage.Types.FrameworkMessage
            {
                FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor, Data = ByteString.CopyFromUtf8("ping"),
            },
        });
        (await executor.NextAsync(FrameworkToExecutorMessage.Parser)).Data.ToStringUtf8().ShouldBe("ping");
        await executor.SendAsync(new ExecutorToFrameworkMessage
        {
            SlaveId = new AgentID { Value = FakeMaster.AgentId },
            FrameworkId = FakeMaster.Framework().Id,
            ExecutorId = Executor,
            Data = ByteString.CopyFromUtf8("pong"),
        });
        (await fixture.Master.ReceiveAsync()).ExecutorMessage.Data.ToStringUtf8().ShouldBe("pong");
        fixture.Master.Send(new MasterMessage
        {
            ShutdownExecutor = new MasterMessage.Types.ShutdownExecutor { FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor },
        });
        (await executor.NextAsync(ShutdownExecutorMessage.Parser)).ExecutorId.ShouldBe(Executor);
    }

    [Fact]
    public async Task After_a_restart_of_the_agent_the_executor_is_asked_to_come_back_and_brings_what_was_not_acknowledged()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = await RegisteredAsync(fixture);
        var task = (await executor.NextAsync(RunTaskMessage.Parser)).Task;
        await fixture.RestartAgentAsync();

        var reconnect = await executor.NextAsync(ReconnectExecutorMessage.Parser);
        reconnect.SlaveId.Value.ShouldBe(FakeMaster.AgentId);
        await executor.ConnectAsync(fixture.Agent.Address);
        var update = Update(TaskState.TaskRunning);
        await executor.SendAsync(new ReregisterExecutorMessage
        {
            FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor, Tasks = { task }, Updates = { update.Update },
        });
        (await executor.NextAsync(ExecutorReregisteredMessage.Parser)).SlaveInfo.Port.ShouldBe(fixture.Agent.Address.Port);
        (await fixture.Master.UpdateAsync("t", TaskState.TaskRunning)).Uuid.ShouldBe(update.Update.Uuid);
        (await executor.NextAsync(StatusUpdateAcknowledgementMessage.Parser)).Uuid.ShouldBe(update.Update.Uuid);
    }

    [Fact]
    public async Task An_executor_whose_link_broke_is_asked_to_register_again()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = await RegisteredAsync(fixture);
        await executor.NextAsync(RunTaskMessage.Parser);
        executor.BreakLinks();
        (await executor.NextAsync(ReconnectExecutorMessage.Parser)).SlaveId.Value.ShouldBe(FakeMaster.AgentId);
    }

    [Fact]
    public async Task What_an_executor_says_before_it_exits_is_heard_to_the_last_word()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = await RegisteredAsync(fixture);
        await executor.NextAsync(RunTaskMessage.Parser);
        await executor.SendAsync(Update(TaskState.TaskRunning));
        await executor.SendAsync(Update(TaskState.TaskFinished));
        executor.HangUp();
        await fixture.Master.UpdateAsync("t", TaskState.TaskRunning);
        await fixture.Master.UpdateAsync("t", TaskState.TaskFinished);
    }

    [Fact]
    public async Task An_executor_that_nobody_started_is_told_to_end()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = new LibprocessPeer("slave(1)", "executor(1)");
        await executor.ConnectAsync(fixture.Agent.Address);
        await executor.SendAsync(new RegisterExecutorMessage { FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor });
        (await executor.NextAsync(ShutdownExecutorMessage.Parser)).ExecutorId.ShouldBe(Executor);
    }

    [Fact]
    public async Task A_group_of_tasks_fails_with_what_to_do_because_the_driver_knows_none()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await using var executor = await RegisteredAsync(fixture);
        await executor.NextAsync(RunTaskMessage.Parser);
        var task = FakeMaster.Task("g", "", static task => task.Command = null);
        task.Executor = null;
        fixture.Master.Send(new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = Info(),
                TaskGroup = new TaskGroupInfo { Tasks = { task } },
            },
        });
        (await fixture.Master.UpdateAsync("g", TaskState.TaskFailed)).Message.ShouldContain("knows no task groups");
    }

    [Fact]
    public async Task It_can_be_switched_off()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with { Libprocess = false });
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(fixture.Agent.Address, "/slave(1)/mesos.internal.RegisterExecutorMessage"));
        request.Headers.Add("Libprocess-From", "executor(1)@127.0.0.1:9");
        using var response = await fixture.Http.SendAsync(request);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    private static async Task<LibprocessPeer> RegisteredAsync(AgentFixture fixture)
    {
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Executor = Info();
        }));
        var executor = new LibprocessPeer("slave(1)", "executor(1)");
        await executor.ConnectAsync(fixture.Agent.Address);
        var register = new RegisterExecutorMessage { FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor };

        // The task may still be on its way to the agent, which then tells the executor to end.
        while (true)
        {
            await executor.SendAsync(register);
            var mail = await executor.NextAsync();
            if (mail.Name == ExecutorRegisteredMessage.Descriptor.FullName)
            {
                var registered = ExecutorRegisteredMessage.Parser.ParseFrom(mail.Body);
                registered.ExecutorInfo.ExecutorId.ShouldBe(Executor);
                registered.SlaveId.Value.ShouldBe(FakeMaster.AgentId);
                registered.SlaveInfo.Hostname.ShouldNotBeEmpty();
                mail.Head.ShouldContain($"Libprocess-From: slave(1)@127.0.0.1:{fixture.Agent.Address.Port}");
                return executor;
            }

            mail.Name.ShouldBe(ShutdownExecutorMessage.Descriptor.FullName);
        }
    }

    private static ExecutorInfo Info() => new()
    {
        ExecutorId = Executor,
        Command = new CommandInfo { Value = "sleep 1000" },
    };

    private static StatusUpdateMessage Update(TaskState state)
    {
        var uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        return new StatusUpdateMessage
        {
            Pid = "executor(1)@127.0.0.1:1",
            Update = new StatusUpdate
            {
                FrameworkId = FakeMaster.Framework().Id,
                ExecutorId = Executor,
                SlaveId = new AgentID { Value = FakeMaster.AgentId },
                Status = new TaskStatus { TaskId = new TaskID { Value = "t" }, State = state },
                Timestamp = 1_700_000_000,
                Uuid = uuid,
            },
        };
    }
}
