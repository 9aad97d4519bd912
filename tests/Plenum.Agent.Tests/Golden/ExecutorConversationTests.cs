using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Tests.Book;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Plenum.Tests.Golden;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Golden;

/// <summary>
/// An executor's life in the bytes of both formats, against a real agent: what it sends is understood, what it receives
/// is the contract's to the byte (reference, sections 3.7 and 3.10; <c>Golden/executor-*.txt</c>).
/// </summary>
public sealed class ExecutorConversationTests
{
    private static readonly byte[] Uuid = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_executor_lives_its_whole_life_in_the_bytes_of_the_contract(bool json)
    {
        // 1. A task with an executor of the framework's own.
        await using var fixture = await AgentFixture.StartAsync(adjust: options => options with
        {
            Hostname = "machine.example", Resources = "cpus:2;mem:512;disk:100;ports:[31000-31099]", Attributes = "rack:r1",
        });
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Data = ByteString.CopyFromUtf8("hello");
            task.Executor = Executor();
        }));
        var golden = GoldenFile.Load(json ? "executor-json.txt" : "executor-protobuf.txt");
        golden.Known["user"] = System.Environment.UserName;
        golden.Known["port"] = fixture.Agent.Address.Port.ToString(CultureInfo.InvariantCulture);

        // 2. It subscribes and is told of its task.
        using var stream = await SubscribeAsync(fixture, golden, json);
        stream.Content.Headers.ContentType!.ToString().ShouldBe(TypeOf(json));
        stream.Content.Headers.ContentLength.ShouldBeNull();
        stream.Headers.Contains("Mesos-Stream-Id").ShouldBeFalse();
        using var containers = JsonDocument.Parse(await fixture.GetAsync("containers"));
        golden.Known["container"] = containers.RootElement[0].GetProperty("container_id").GetString()!;
        var records = new RecordReader(PipeReader.Create(await stream.Content.ReadAsStreamAsync()));
        await ReceiveAsync(records, golden, "SUBSCRIBED", json);
        await ReceiveAsync(records, golden, "LAUNCH", json);

        // 3. What it says reaches the master, filled in; what the master answers reaches it.
        await CallAsync(fixture, golden, "HEARTBEAT", json);
        await CallAsync(fixture, golden, "UPDATE", json);
        var status = await fixture.Master.UpdateAsync("t", TaskState.TaskRunning);
        status.Uuid.ToByteArray().ShouldBe(Uuid);
        status.Timestamp.ShouldBe(1_700_000_000.5);
        status.AgentId.Value.ShouldBe(FakeMaster.AgentId);
        status.ExecutorId.Value.ShouldBe("ex");
        status.Healthy.ShouldBeTrue();
        await ReceiveAsync(records, golden, "ACKNOWLEDGED", json);
        await CallAsync(fixture, golden, "MESSAGE to the framework", json);
        (await fixture.Master.ReceiveAsync()).ExecutorMessage.Data.ToStringUtf8().ShouldBe("world");
        fixture.Master.Send(new MasterMessage
        {
            FrameworkMessage = new MasterMessage.Types.FrameworkMessage
            {
                FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor().ExecutorId, Data = ByteString.CopyFromUtf8("hello"),
            },
        });
        await ReceiveAsync(records, golden, "MESSAGE to the executor", json);

        // 4. A group for the same executor, a kill, the end.
        fixture.Master.Send(new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = Executor(),
                TaskGroup = new TaskGroupInfo { Tasks = { FakeMaster.Task("g1", "one"), FakeMaster.Task("g2", "two") } },
            },
        });
        await ReceiveAsync(records, golden, "LAUNCH_GROUP", json);
        fixture.Master.Kill("t", TimeSpan.FromSeconds(2));
        await ReceiveAsync(records, golden, "KILL", json);
        fixture.Master.Send(new MasterMessage
        {
            ShutdownExecutor = new MasterMessage.Types.ShutdownExecutor
            {
                FrameworkId = FakeMaster.Framework().Id, ExecutorId = Executor().ExecutorId,
            },
        });
        await ReceiveAsync(records, golden, "SHUTDOWN", json);
    }

    /// <summary>
    /// The one is due after half an hour of silence, the other is sent by neither agent: Mesos' own library makes it when a
    /// connection fails. Their bytes are in the contract all the same.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_events_that_are_rare_have_the_bytes_of_the_contract(bool json)
    {
        var golden = GoldenFile.Load(json ? "executor-json.txt" : "executor-protobuf.txt");
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        world.Subscribe(1);
        world.Pass(TimeSpan.FromMinutes(30));

        var beat = world.Effects.OfType<AgentEffect.SendToExecutor>().ShouldHaveSingleItem().Event;
        golden.Difference("HEARTBEAT of the agent", json, Encode(beat)).ShouldBeNull();
        var error = new Event { Type = Event.Types.Type.Error, Error = new Event.Types.Error { Message = "gone" } };
        golden.Difference("ERROR", json, Encode(error)).ShouldBeNull();

        byte[] Encode(Event message) => json ? MesosJson.Write(message) : message.ToByteArray();
    }

    private static ExecutorInfo Executor() => new()
    {
        ExecutorId = new ExecutorID { Value = "ex" },
        FrameworkId = FakeMaster.Framework().Id,
        Command = new CommandInfo { Value = "sleep 1000" },
    };

    private static string TypeOf(bool json) => json ? "application/json" : "application/x-protobuf";

    // The executor is known once the agent has taken the task: until then the contract's answer is 400.
    private static async Task<HttpResponseMessage> SubscribeAsync(AgentFixture fixture, GoldenFile golden, bool json)
    {
        var patience = Patience.Token();
        while (true)
        {
            var response = await PostAsync(fixture, golden.Bytes("SUBSCRIBE", json), json);
            if (response.StatusCode != HttpStatusCode.BadRequest || patience.IsCancellationRequested)
            {
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                return response;
            }

            response.Dispose();
        }
    }

    private static async Task CallAsync(AgentFixture fixture, GoldenFile golden, string section, bool json)
    {
        using var response = await PostAsync(fixture, golden.Bytes(section, json), json);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, section);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty(section);
    }

    private static async Task<HttpResponseMessage> PostAsync(AgentFixture fixture, byte[] body, bool json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1/executor"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", TypeOf(json)).ShouldBeTrue();
        request.Headers.TryAddWithoutValidation("accept", TypeOf(json)).ShouldBeTrue();
        return await fixture.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task ReceiveAsync(RecordReader records, GoldenFile golden, string section, bool json)
    {
        var record = (await records.ReadAsync(Patience.Token())).ShouldNotBeNull(section);
        golden.Difference(section, json, record).ShouldBeNull();
    }
}
