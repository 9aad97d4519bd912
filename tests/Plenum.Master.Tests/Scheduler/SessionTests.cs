using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Scheduling.Http;
using Plenum.Scheduling.Sessions;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Task = System.Threading.Tasks.Task;
using Told = Plenum.Scheduling.Sessions.SchedulerSessionEvent;

namespace Plenum.Master.Tests.Scheduler;

/// <summary>The client half of Plenum against the server half: the same session over every transport.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData("protobuf")]
    [InlineData("json")]
    [InlineData("in process")]
    public async Task A_session_launches_and_acknowledges_over_each_transport(string form)
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        using var http = new HttpSchedulerTransport(
            new HttpSchedulerOptions { Master = master.Server.Address, UseJson = form == "json" }, TimeProvider.System);
        ISchedulerTransport transport = form == "in process" ? master.Server.InProcessTransport : http;
        await using var session = SchedulerSession.Start(transport, Subscription(), new SchedulerSessionOptions(), TimeProvider.System);

        var connected = (Told.Connected)await NextAsync(session);
        ((int)connected.Details.MasterInfo.Port).ShouldBe(master.Server.Address.Port);
        var offer = (await EventAsync(session, Event.Types.Type.Offers)).Offers.Offers_.ShouldHaveSingleItem();
        (await session.TrySendAsync(Launch(offer), CancellationToken.None)).ShouldBeTrue();
        (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask.Task.TaskId.Value.ShouldBe("t1");

        await agent.UpdateAsync(connected.Framework.ToWire(), "t1", TaskState.TaskRunning);
        var status = (await EventAsync(session, Event.Types.Type.Update)).Update.Status;
        status.State.ShouldBe(TaskState.TaskRunning);
        await session.TrySendAsync(
            new Call
            {
                Type = Call.Types.Type.Acknowledge,
                Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
            },
            CancellationToken.None);
        (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus)).AcknowledgeStatus.Uuid.ShouldBe(status.Uuid);
    }

    [Fact]
    public async Task A_framework_whose_place_was_taken_ends_its_session_and_does_not_fight()
    {
        await using var master = await TestMaster.StartAsync();
        using var transport = new HttpSchedulerTransport(new HttpSchedulerOptions { Master = master.Server.Address }, TimeProvider.System);
        await using var first = SchedulerSession.Start(transport, Subscription(), new SchedulerSessionOptions(), TimeProvider.System);
        var id = ((Told.Connected)await NextAsync(first)).Framework;

        var again = Subscription();
        again.FrameworkInfo.Id = id.ToWire();
        await using var second = SchedulerSession.Start(transport, again, new SchedulerSessionOptions(), TimeProvider.System);
        ((Told.Connected)await NextAsync(second)).Framework.ShouldBe(id);
        (await NextAsync(first)).ShouldBeOfType<Told.Disconnected>().IsFinal.ShouldBeTrue();
    }

    private static Call.Types.Subscribe Subscription() => new()
    {
        FrameworkInfo = new FrameworkInfo { User = "root", Name = "session", FailoverTimeout = 60 },
    };

    private static Call Launch(Offer offer)
    {
        var task = new TaskInfo
        {
            Name = "t1",
            TaskId = new TaskID { Value = "t1" },
            AgentId = offer.AgentId,
            Command = new CommandInfo { Value = "sleep 1" },
            Resources = { new Resource { Name = "cpus", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 0.1 } } },
        };
        return new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { offer.Id },
                Operations =
                {
                    new Operation { Type = Operation.Types.Type.Launch, Launch = new Operation.Types.Launch { TaskInfos = { task } } },
                },
            },
        };
    }

    private static async Task<Event> EventAsync(SchedulerSession session, Event.Types.Type type)
    {
        var told = (await NextAsync(session)).ShouldBeOfType<Told.Received>();
        told.Event.Type.ShouldBe(type);
        return told.Event;
    }

    private static async Task<Told> NextAsync(SchedulerSession session) =>
        await Patience.For("the session's next event", async token => await session.Events.ReadAsync(token));
}
