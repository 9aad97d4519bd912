using System.Net;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Master.Event.Types.Type;

namespace Plenum.Master.Tests.Operator;

public sealed class OperatorStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_starts_with_the_state_and_goes_on_with_every_change(bool json)
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await using var reader = await Reader.OpenAsync(master, json);

        var subscribed = (await reader.NextAsync(Type.Subscribed)).Subscribed;
        subscribed.HeartbeatIntervalSeconds.ShouldBe(15);
        subscribed.GetState.GetAgents.Agents.Single().AgentInfo.Id.ShouldBe(agent.Id);
        subscribed.GetState.GetFrameworks.Frameworks.Single().FrameworkInfo.Id.ShouldBe(framework.Id);
        subscribed.GetState.GetTasks.Tasks.ShouldBeEmpty();

        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        (await reader.NextAsync(Type.TaskAdded)).TaskAdded.Task.TaskId.Value.ShouldBe("t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        await agent.UpdateAsync(framework.Id, "t1", TaskState.TaskRunning);
        var updated = (await reader.NextAsync(Type.TaskUpdated)).TaskUpdated;
        updated.State.ShouldBe(TaskState.TaskRunning);
        updated.Status.TaskId.Value.ShouldBe("t1");

        await using var second = await master.FrameworkAsync();
        (await reader.NextAsync(Type.FrameworkAdded)).FrameworkAdded.Framework.FrameworkInfo.Id.ShouldBe(second.Id);
        await using var newcomer = await TestAgent.RegisterAsync(master.Server.Address, OtherMachine());
        (await reader.NextAsync(Type.AgentAdded)).AgentAdded.Agent.AgentInfo.Id.ShouldBe(newcomer.Id);
        await second.TakenAsync(new Protocol.V1.Scheduler.Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Teardown });
        (await reader.NextAsync(Type.FrameworkRemoved)).FrameworkRemoved.FrameworkInfo.Id.ShouldBe(second.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_first_record_is_written_in_pieces_and_is_the_whole_state_all_the_same(bool json)
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        var update = agent.Update(framework.Id, "t1", TaskState.TaskRunning);
        update.StatusUpdate.Status.Message = new string('x', 200_000);
        (await agent.SendAsync(update)).ShouldBe(HttpStatusCode.Accepted);

        // What is free is offered in its time: both are asked until nothing changed between the two.
        await Until.TrueAsync("the stream and GET_STATE say the same", async () =>
        {
            await using var reader = await Reader.OpenAsync(master, json);
            var subscribed = (await reader.NextAsync(Type.Subscribed)).Subscribed.GetState;
            using var response = await OperatorCallsTests.PostAsync(master, """{"type":"GET_STATE"}""", "application/x-protobuf");
            var whole = Response.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync()).GetState;
            return subscribed.Equals(whole)
                && subscribed.GetTasks.Tasks.Single().Statuses.Any(status => status.Message.Length == 200_000)
                && subscribed.GetFrameworks.Frameworks.Single().Offers.Count > 0;
        });
    }

    [Fact]
    public async Task It_has_no_stream_id_and_beats_at_its_interval()
    {
        await using var master = await TestMaster.StartAsync(
            with: options => options with { HeartbeatInterval = TimeSpan.FromMilliseconds(50) });
        await using var reader = await Reader.OpenAsync(master, json: true);
        reader.Response.Headers.Contains("Mesos-Stream-Id").ShouldBeFalse();
        reader.Response.Content.Headers.ContentLength.ShouldBeNull();
        reader.Response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        (await reader.ReadAsync())!.Type.ShouldBe(Type.Subscribed);
        (await reader.ReadAsync())!.Type.ShouldBe(Type.Heartbeat);
        (await reader.ReadAsync())!.Type.ShouldBe(Type.Heartbeat);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_state_it_began_with_is_not_held_while_it_goes_on(bool json)
    {
        await using var master = await TestMaster.StartAsync();
        Reader? reader = null;
        var first = new WeakReference(null);
        try
        {
            await Until.TrueAsync("a stream begins with a state that is known here", async () =>
            {
                if (reader is not null)
                {
                    await reader.DisposeAsync();
                }

                first.Target = await master.Server.SnapshotAsync(CancellationToken.None);
                reader = await Reader.OpenAsync(master, json);
                await reader.NextAsync(Type.Subscribed);

                // Snapshots are the same while nothing changes: then the stream had this one, too.
                return ReferenceEquals(first.Target, await master.Server.SnapshotAsync(CancellationToken.None));
            });

            await using var agent = await master.AgentAsync();
            await reader!.NextAsync(Type.AgentAdded);
            await Until.TrueAsync("nothing holds the state that the stream began with", async () =>
            {
                // A newer one takes its place wherever only the newest is kept.
                await master.Server.SnapshotAsync(CancellationToken.None);
                GC.Collect();
                return !first.IsAlive;
            });
        }
        finally
        {
            reader?.Response.Dispose();
        }
    }

    [Fact]
    public async Task The_oldest_reader_goes_when_one_too_many_comes()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxOperatorStreams = 2 });
        await using var oldest = await Reader.OpenAsync(master, json: false);
        await oldest.NextAsync(Type.Subscribed);
        await using var second = await Reader.OpenAsync(master, json: false);
        await using var third = await Reader.OpenAsync(master, json: false);
        await third.NextAsync(Type.Subscribed);
        await Should.ThrowAsync<Exception>(() => oldest.NextAsync(Type.AgentAdded));
        await using var agent = await master.AgentAsync();
        await second.NextAsync(Type.AgentAdded);
        await third.NextAsync(Type.AgentAdded);
    }

    [Fact]
    public async Task A_reader_that_stalls_is_dropped_and_launches_go_on()
    {
        await using var master = await TestMaster.StartAsync(
            with: options => options with { MaxQueuedOperatorEvents = 64 });
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        await using var stalled = await RawConnection.OpenAsync(master.Server.Address, receiveBuffer: 4_096);
        await stalled.SendAsync(
            "POST /api/v1 HTTP/1.1\nHost: master\nContent-Type: application/json",
            """{"type":"SUBSCRIBE"}"""u8.ToArray());
        (await stalled.ReadHeadAsync())[0].ShouldBe("HTTP/1.1 200 OK");
        await stalled.ReadChunkAsync();

        // Updates with 50 kB of text each, until the queue of 64 is full behind the full socket.
        await Until.TrueAsync("the reader is dropped", async () =>
        {
            var update = agent.Update(framework.Id, "t1", TaskState.TaskRunning);
            update.StatusUpdate.Status.Message = new string('x', 50_000);
            (await agent.SendAsync(update)).ShouldBe(HttpStatusCode.Accepted);
            await framework.AcknowledgeAsync(
                (await framework.NextAsync(Protocol.V1.Scheduler.Event.Types.Type.Update)).Update.Status);
            var metrics = await master.GetJsonAsync("/metrics/snapshot");
            return metrics.GetProperty("master/operator_event_stream_subscribers").GetDouble() == 0;
        });
        await stalled.DrainAsync();
    }

    private static AgentMessage.Types.Register OtherMachine()
    {
        var registration = TestAgent.Registration("cpus:1;mem:64");
        registration.AgentInfo.Hostname = "other.example";
        registration.Address.Ip = "192.0.2.8";
        return registration;
    }

    private sealed class Reader : IAsyncDisposable
    {
        private readonly RecordReader _records;
        private readonly bool _json;

        private Reader(HttpResponseMessage response, Stream body, bool json)
        {
            Response = response;
            _json = json;
            _records = new RecordReader(System.IO.Pipelines.PipeReader.Create(body));
        }

        public HttpResponseMessage Response { get; }

        public static async Task<Reader> OpenAsync(TestMaster master, bool json)
        {
            var response = await OperatorCallsTests.PostAsync(
                master, """{"type":"SUBSCRIBE"}""", json ? "application/json" : "application/x-protobuf");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return new Reader(response, await response.Content.ReadAsStreamAsync(), json);
        }

        public Task<Event?> ReadAsync() => Patience.For(
            "an operator event", async token => await _records.ReadMessageAsync(Event.Parser, _json, token));

        public async Task<Event> NextAsync(Type type)
        {
            while (await ReadAsync() is { } message)
            {
                if (message.Type == type)
                {
                    return message;
                }
            }

            throw new InvalidOperationException($"The stream ended while waiting for {type}.");
        }

        public ValueTask DisposeAsync()
        {
            Response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
