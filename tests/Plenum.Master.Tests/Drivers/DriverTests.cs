using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Driver;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;
using V1 = Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Drivers;

public sealed class DriverTests
{
    [Fact]
    public async Task A_driver_registers_launches_is_told_loses_its_link_comes_back_in_a_new_process_and_unregisters()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var first = await TestDriver.RegisteredAsync(master.Server.Address);

        // Offers, each with the address of a process: the driver ends itself when one lacks.
        var offers = await first.NextAsync(ResourceOffersMessage.Parser);
        offers.Pids.Count.ShouldBe(offers.Offers.Count);
        offers.Offers[0].AgentId.ShouldBe(agent.Id);
        await first.CallAsync(Launch(offers.Offers[0], "t1"));
        var run = (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask;
        run.Task.TaskId.Value.ShouldBe("t1");
        run.Framework.Id.ShouldBe(first.Id);

        // An update of the agent has a uuid and a pid, by which the driver knows to acknowledge.
        var sent = await agent.UpdateAsync(first.Id, "t1", TaskState.TaskRunning);
        var told = await first.NextAsync(StatusUpdateMessage.Parser);
        told.Update.FrameworkId.ShouldBe(first.Id);
        told.Update.Status.State.ShouldBe(TaskState.TaskRunning);
        told.Update.Uuid.ShouldBe(sent.Uuid);
        told.Pid.ShouldNotBeEmpty();
        await first.CallAsync(new Call
        {
            Type = V1.Call.Types.Type.Acknowledge,
            Acknowledge = new V1.Call.Types.Acknowledge { AgentId = told.Update.SlaveId, TaskId = sent.TaskId, Uuid = told.Update.Uuid },
        });
        (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus)).AcknowledgeStatus.Uuid.ShouldBe(sent.Uuid);

        // The framework is shown with the driver's address; a broken link disconnects it and ends nothing.
        var shown = await FrameworkAsync(master);
        shown.GetProperty("pid").GetString().ShouldBe(first.Pid);
        shown.GetProperty("connected").GetBoolean().ShouldBeTrue();
        first.BreakLinks();
        await ConnectedAsync(master, false);

        // The next process of the scheduler takes over by its id.
        await using var second = await TestDriver.StartAsync(master.Server.Address);
        var info = TestDriver.Info();
        info.Id = first.Id;
        await second.SubscribeAsync(info, force: true);
        (await second.NextAsync(FrameworkRegisteredMessage.Parser)).FrameworkId.ShouldBe(first.Id);
        second.Id = first.Id;
        await second.CallAsync(new Call { Type = V1.Call.Types.Type.Reconcile, Reconcile = new V1.Call.Types.Reconcile() });
        var reconciled = await second.NextAsync(StatusUpdateMessage.Parser);
        reconciled.Update.Status.State.ShouldBe(TaskState.TaskRunning);
        reconciled.Update.Status.Reason.ShouldBe(TaskStatus.Types.Reason.Reconciliation);
        reconciled.Update.HasUuid.ShouldBeFalse("the master's own updates are not acknowledged");
        reconciled.HasPid.ShouldBeFalse();

        // The end: the agent shuts the framework down and the master forgets the link.
        await second.CallAsync(new Call { Type = V1.Call.Types.Type.Teardown });
        await agent.NextAsync(MasterMessage.MessageOneofCase.ShutdownFramework);
        await Until.TrueAsync("the framework's end", async () =>
            (await master.GetJsonAsync("/state")).GetProperty("frameworks").GetArrayLength() == 0);
        await Until.TrueAsync("the end of the link", () => Task.FromResult(second.Links == 0));
    }

    [Fact]
    public async Task A_driver_that_asks_again_is_the_same_framework_and_is_answered_again()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        await driver.SubscribeAsync(TestDriver.Info());
        (await driver.NextAsync(FrameworkRegisteredMessage.Parser)).FrameworkId.ShouldBe(driver.Id);

        // With its id and without force, as after the master was away for it: registered again, on the same link.
        var info = TestDriver.Info();
        info.Id = driver.Id;
        await driver.SubscribeAsync(info);
        (await driver.NextAsync(FrameworkReregisteredMessage.Parser)).FrameworkId.ShouldBe(driver.Id);
        driver.Links.ShouldBe(1);
        (await master.GetJsonAsync("/state")).GetProperty("frameworks").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Offers_of_before_are_taken_back_from_a_driver_that_asks_again()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        var offer = (await driver.NextAsync(ResourceOffersMessage.Parser)).Offers[0];
        var info = TestDriver.Info();
        info.Id = driver.Id;
        await driver.SubscribeAsync(info);
        (await driver.NextAsync(RescindResourceOfferMessage.Parser)).OfferId.ShouldBe(offer.Id);
        await driver.NextAsync(FrameworkReregisteredMessage.Parser);
        (await driver.NextAsync(ResourceOffersMessage.Parser)).Offers[0].Id.ShouldNotBe(offer.Id);
    }

    [Fact]
    public async Task A_second_process_takes_over_with_force_and_the_first_is_told()
    {
        await using var master = await TestMaster.StartAsync();
        await using var first = await TestDriver.RegisteredAsync(master.Server.Address);
        await using var second = await TestDriver.StartAsync(master.Server.Address);
        var info = TestDriver.Info();
        info.Id = first.Id;

        // Without force only the process that had the framework may have it.
        await second.SubscribeAsync(info);
        (await second.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Framework failed over");
        await Until.TrueAsync("the end of the refused link", () => Task.FromResult(second.Links == 0));
        await second.SubscribeAsync(info, force: true);
        (await second.NextAsync(FrameworkRegisteredMessage.Parser)).FrameworkId.ShouldBe(first.Id);
        (await first.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Framework failed over");
        (await FrameworkAsync(master)).GetProperty("pid").GetString().ShouldBe(second.Pid);
    }

    [Fact]
    public async Task The_messages_of_the_oldest_drivers_are_understood()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var driver = await TestDriver.StartAsync(master.Server.Address);
        await driver.SendAsync(new RegisterFrameworkMessage { Framework = TestDriver.Info() });
        var id = (await driver.NextAsync(FrameworkRegisteredMessage.Parser)).FrameworkId;
        var offer = (await driver.NextAsync(ResourceOffersMessage.Parser)).Offers[0];
        await driver.SendAsync(new LaunchTasksMessage
        {
            FrameworkId = id,
            OfferIds = { offer.Id },
            Tasks = { TestFramework.TaskOn(offer, "t1") },
            Filters = new Filters { RefuseSeconds = 0 },
        });
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        var running = await agent.UpdateAsync(id, "t1", TaskState.TaskRunning);
        await driver.NextAsync(StatusUpdateMessage.Parser);
        await driver.SendAsync(new StatusUpdateAcknowledgementMessage
        {
            SlaveId = agent.Id, FrameworkId = id, TaskId = running.TaskId, Uuid = running.Uuid,
        });
        (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus)).AcknowledgeStatus.Uuid.ShouldBe(running.Uuid);
        await driver.SendAsync(new FrameworkToExecutorMessage
        {
            SlaveId = agent.Id, FrameworkId = id, ExecutorId = new ExecutorID { Value = "t1" }, Data = ByteString.CopyFromUtf8("hello"),
        });
        (await agent.NextAsync(MasterMessage.MessageOneofCase.FrameworkMessage)).FrameworkMessage.Data.ToStringUtf8().ShouldBe("hello");
        await driver.SendAsync(new KillTaskMessage { FrameworkId = id, TaskId = running.TaskId });
        (await agent.NextAsync(MasterMessage.MessageOneofCase.KillTask)).KillTask.TaskId.ShouldBe(running.TaskId);
        await driver.SendAsync(new ReconcileTasksMessage
        {
            FrameworkId = id, Statuses = { new TaskStatus { TaskId = running.TaskId, State = TaskState.TaskRunning } },
        });
        (await driver.NextAsync(StatusUpdateMessage.Parser)).Update.Status.Reason.ShouldBe(TaskStatus.Types.Reason.Reconciliation);
        await driver.SendAsync(new UnregisterFrameworkMessage { FrameworkId = id });
        await agent.NextAsync(MasterMessage.MessageOneofCase.ShutdownFramework);
    }

    [Fact]
    public async Task An_agents_loss_and_an_executors_end_and_its_messages_reach_the_driver()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        var executor = new ExecutorID { Value = "e1" };
        (await agent.SendAsync(
            new AgentMessage
            {
                ExecutorMessage = new AgentMessage.Types.ExecutorMessage
                {
                    FrameworkId = driver.Id, ExecutorId = executor, Data = ByteString.CopyFromUtf8("data"),
                },
            },
            new AgentMessage
            {
                ExecutorExited = new AgentMessage.Types.ExecutorExited { FrameworkId = driver.Id, ExecutorId = executor, Status = 256 },
            },
            new AgentMessage { Unregister = new AgentMessage.Types.Unregister() })).ShouldBe(System.Net.HttpStatusCode.Accepted);
        var message = await driver.NextAsync(ExecutorToFrameworkMessage.Parser);
        message.Data.ToStringUtf8().ShouldBe("data");
        message.ExecutorId.ShouldBe(executor);
        var exited = await driver.NextAsync(ExitedExecutorMessage.Parser);
        exited.ExecutorId.ShouldBe(executor);
        exited.Status.ShouldBe(256);
        exited.FrameworkId.ShouldBe(driver.Id);
        (await driver.NextAsync(LostSlaveMessage.Parser)).SlaveId.ShouldBe(agent.Id);
    }

    [Fact]
    public async Task A_master_that_was_started_again_connects_to_the_drivers_it_had()
    {
        var store = new TestStore();
        TestDriver driver;
        int port;
        await using (var first = await TestMaster.StartAsync(store))
        {
            port = first.Server.Address.Port;
            driver = await TestDriver.RegisteredAsync(first.Server.Address);
        }

        await using var here = driver;
        await using var second = await TestMaster.StartAsync(store, options => options with { Port = port });
        (await driver.NextAsync(FrameworkReregisteredMessage.Parser)).FrameworkId.ShouldBe(driver.Id);
        await using var agent = await second.AgentAsync();

        // The driver noticed nothing: it goes on with its next call.
        await driver.ConnectAsync();
        var offer = (await driver.NextAsync(ResourceOffersMessage.Parser)).Offers[0];
        await driver.CallAsync(Launch(offer, "t1"));
        (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask.Framework.Id.ShouldBe(driver.Id);
    }

    [Fact]
    public async Task A_driver_that_does_not_read_is_cut_off_and_costs_no_memory()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxQueuedEvents = 64 });
        await using var agent = await master.AgentAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        using var pause = driver.StopReading();
        var message = new AgentMessage
        {
            ExecutorMessage = new AgentMessage.Types.ExecutorMessage
            {
                FrameworkId = driver.Id, ExecutorId = new ExecutorID { Value = "e" }, Data = ByteString.CopyFrom(new byte[128 * 1024]),
            },
        };
        await Until.TrueAsync("the end of the driver that does not read", async () =>
        {
            await agent.SendAsync(message);
            return !(await FrameworkAsync(master)).GetProperty("connected").GetBoolean();
        });
    }

    private static Call Launch(Offer offer, string task) => new()
    {
        Type = V1.Call.Types.Type.Accept,
        Accept = new V1.Call.Types.Accept
        {
            OfferIds = { offer.Id },
            Operations =
            {
                new Offer.Types.Operation
                {
                    Type = Offer.Types.Operation.Types.Type.Launch,
                    Launch = new Offer.Types.Operation.Types.Launch { TaskInfos = { TestFramework.TaskOn(offer, task) } },
                },
            },
        },
    };

    private static async Task<System.Text.Json.JsonElement> FrameworkAsync(TestMaster master) =>
        (await master.GetJsonAsync("/state")).GetProperty("frameworks")[0];

    private static Task ConnectedAsync(TestMaster master, bool connected) => Until.TrueAsync(
        connected ? "the connection" : "the disconnection",
        async () => (await FrameworkAsync(master)).GetProperty("connected").GetBoolean() == connected);
}
