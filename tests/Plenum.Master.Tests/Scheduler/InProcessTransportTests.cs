using System.Net;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Scheduler;

public sealed class InProcessTransportTests
{
    [Fact]
    public async Task It_carries_a_task_from_offer_to_end_like_http_does()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var connection = await SubscribeAsync(master);
        var framework = (await NextAsync(connection, Event.Types.Type.Subscribed)).Subscribed.FrameworkId;
        var offer = (await NextAsync(connection, Event.Types.Type.Offers)).Offers.Offers_[0];
        await connection.SendAsync(
            new Call
            {
                Type = Call.Types.Type.Accept,
                FrameworkId = framework,
                Accept = new Call.Types.Accept
                {
                    OfferIds = { offer.Id },
                    Operations =
                    {
                        new Offer.Types.Operation
                        {
                            Type = Offer.Types.Operation.Types.Type.Launch,
                            Launch = new Offer.Types.Operation.Types.Launch
                            {
                                TaskInfos = { TestFramework.TaskOn(offer, "t1") },
                            },
                        },
                    },
                },
            },
            CancellationToken.None);
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        await agent.UpdateAsync(framework, "t1", TaskState.TaskRunning);
        (await NextAsync(connection, Event.Types.Type.Update)).Update.Status.State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public async Task It_refuses_what_http_refuses_with_the_same_status()
    {
        await using var master = await TestMaster.StartAsync();
        var transport = master.Server.InProcessTransport;
        (await Should.ThrowAsync<SchedulerCallException>(
            () => transport.SubscribeAsync(new Call { Type = Call.Types.Type.Subscribe }, CancellationToken.None)))
            .Status.ShouldBe(HttpStatusCode.BadRequest);

        await using var connection = await SubscribeAsync(master);
        var framework = (await NextAsync(connection, Event.Types.Type.Subscribed)).Subscribed.FrameworkId;
        (await Should.ThrowAsync<SchedulerCallException>(async () => await connection.SendAsync(
            new Call { Type = Call.Types.Type.Kill, FrameworkId = framework }, CancellationToken.None)))
            .Status.ShouldBe(HttpStatusCode.BadRequest);

        await connection.DisposeAsync();
        (await Should.ThrowAsync<SchedulerCallException>(async () => await connection.SendAsync(
            new Call { Type = Call.Types.Type.Revive, FrameworkId = framework }, CancellationToken.None)))
            .Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Its_end_disconnects_the_framework_and_a_stopped_master_breaks_it()
    {
        var master = await TestMaster.StartAsync();
        var left = await SubscribeAsync(master);
        await NextAsync(left, Event.Types.Type.Subscribed);
        await left.DisposeAsync();
        await Until.TrueAsync("the framework is disconnected", async () =>
            !(await master.GetJsonAsync("/frameworks")).GetProperty("frameworks")[0].GetProperty("connected").GetBoolean());

        await using var stays = await SubscribeAsync(master);
        await NextAsync(stays, Event.Types.Type.Subscribed);
        await master.DisposeAsync();
        await Should.ThrowAsync<IOException>(() => Patience.For("the break", async token =>
        {
            while (await stays.Events.WaitToReadAsync(token))
            {
                stays.Events.TryRead(out _);
            }
        }));
        (await Should.ThrowAsync<SchedulerCallException>(() => master.Server.InProcessTransport.SubscribeAsync(
            SubscribeCall(), CancellationToken.None))).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    private static Task<ISchedulerConnection> SubscribeAsync(TestMaster master) =>
        master.Server.InProcessTransport.SubscribeAsync(SubscribeCall(), CancellationToken.None);

    private static Call SubscribeCall() => new()
    {
        Type = Call.Types.Type.Subscribe,
        Subscribe = new Call.Types.Subscribe { FrameworkInfo = TestFramework.Info() },
    };

    private static Task<Event> NextAsync(ISchedulerConnection connection, Event.Types.Type type) =>
        Patience.For($"{type}", async token =>
        {
            while (true)
            {
                var message = await connection.Events.ReadAsync(token);
                if (message.Type == type)
                {
                    return message;
                }
            }
        });
}
