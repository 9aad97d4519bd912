using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Scheduler;

public sealed class SlowFrameworkTests
{
    [Fact]
    public async Task A_framework_that_stops_reading_is_disconnected_and_others_go_on()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxQueuedEvents = 64 });
        await using var agent = await master.AgentAsync();
        await using var stalled = await TestFramework.OpenAsync(master.Server.Address, json: true, TestFramework.Info());
        var subscribed = await stalled.NextAsync(Event.Types.Type.Subscribed);

        // Messages of 60 kB each: what sockets and pipes can hold is full after some tens, then the queue.
        var message = new AgentMessage
        {
            ExecutorMessage = new AgentMessage.Types.ExecutorMessage
            {
                FrameworkId = subscribed.Subscribed.FrameworkId,
                ExecutorId = new Protocol.V1.ExecutorID { Value = "e" },
                Data = ByteString.CopyFrom(new byte[60_000]),
            },
        };
        await Until.TrueAsync("the stalled framework is cut off", async () =>
        {
            (await agent.SendAsync(message, message, message, message)).ShouldBe(System.Net.HttpStatusCode.Accepted);
            var frameworks = (await master.GetJsonAsync("/state-summary")).GetProperty("frameworks");
            return !frameworks[0].GetProperty("connected").GetBoolean();
        });

        // What was buffered may still be read; then comes a broken stream, not a clean end.
        await Should.ThrowAsync<Exception>(() => Patience.For("the break", async token =>
        {
            while (await stalled.ReadAsync(token) is not null)
            {
            }
        }));
        await using var other = await master.FrameworkAsync();
        (await other.OfferAsync()).AgentId.ShouldBe(agent.Id);
    }
}
