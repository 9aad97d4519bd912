using System.IO.Pipelines;
using System.Net;
using Google.Protobuf;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using CallMessage = Plenum.Protocol.V1.Executor.Call;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>A framework's own executor: its container only sleeps, the test speaks for it over HTTP.</summary>
public sealed class ExecutorApiTests
{
    [Fact]
    public async Task An_executor_subscribes_gets_its_tasks_reports_and_is_told_of_acknowledgements_kills_and_messages()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Executor = new ExecutorInfo
            {
                ExecutorId = new ExecutorID { Value = "ex" },
                Command = new CommandInfo { Value = "sleep 1000" },
            };
        }));
        using var response = await SubscribeAsync(fixture);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        response.Headers.Contains("Mesos-Stream-Id").ShouldBeFalse();
        var events = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));

        var subscribed = (await NextAsync(events)).Subscribed;
        subscribed.ExecutorInfo.ExecutorId.Value.ShouldBe("ex");
        subscribed.AgentInfo.Id.Value.ShouldBe(FakeMaster.AgentId);
        subscribed.ContainerId.Value.ShouldNotBeEmpty();
        (await NextAsync(events)).Launch.Task.TaskId.Value.ShouldBe("t");

        var uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        (await CallAsync(fixture, Update(uuid, TaskState.TaskRunning))).ShouldBe(HttpStatusCode.Accepted);
        (await fixture.Master.UpdateAsync("t", TaskState.TaskRunning)).Uuid.ShouldBe(uuid);
        (await NextAsync(events)).Acknowledged.Uuid.ShouldBe(uuid);

        fixture.Master.Kill("t", TimeSpan.FromSeconds(1));
        var kill = await NextAsync(events);
        kill.Type.ShouldBe(Event.Types.Type.Kill);
        kill.Kill.TaskId.Value.ShouldBe("t");

        fixture.Master.Send(new Protocol.Link.V1.MasterMessage
        {
            FrameworkMessage = new Protocol.Link.V1.MasterMessage.Types.FrameworkMessage
            {
                FrameworkId = FakeMaster.Framework().Id,
                ExecutorId = new ExecutorID { Value = "ex" },
                Data = ByteString.CopyFromUtf8("ping"),
            },
        });
        (await NextAsync(events)).Message.Data.ToStringUtf8().ShouldBe("ping");
        (await CallAsync(fixture, Call(CallMessage.Types.Type.Message, static call =>
            call.Message = new CallMessage.Types.Message { Data = ByteString.CopyFromUtf8("pong") }))).ShouldBe(HttpStatusCode.Accepted);
        (await fixture.Master.ReceiveAsync()).ExecutorMessage.Data.ToStringUtf8().ShouldBe("pong");

        fixture.Master.Send(new Protocol.Link.V1.MasterMessage
        {
            ShutdownExecutor = new Protocol.Link.V1.MasterMessage.Types.ShutdownExecutor
            {
                FrameworkId = FakeMaster.Framework().Id,
                ExecutorId = new ExecutorID { Value = "ex" },
            },
        });
        (await NextAsync(events)).Type.ShouldBe(Event.Types.Type.Shutdown);
    }

    [Fact]
    public async Task Bad_calls_get_the_answers_of_the_contract()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Executor = new ExecutorInfo
            {
                ExecutorId = new ExecutorID { Value = "ex" },
                Command = new CommandInfo { Value = "sleep 1000" },
            };
        }));
        var uuid = ByteString.CopyFrom(new byte[16]);
        (await CallAsync(fixture, Call(CallMessage.Types.Type.Heartbeat))).ShouldBe(HttpStatusCode.Accepted);
        using (await SubscribeAsync(fixture))
        {
            (await CallAsync(fixture, Update(ByteString.CopyFromUtf8("short"), TaskState.TaskRunning))).ShouldBe(HttpStatusCode.BadRequest);
            (await CallAsync(fixture, Update(uuid, TaskState.TaskStaging))).ShouldBe(HttpStatusCode.BadRequest);
            (await CallAsync(fixture, Call(CallMessage.Types.Type.Update))).ShouldBe(HttpStatusCode.BadRequest);
            (await CallAsync(fixture, Call(CallMessage.Types.Type.Unknown))).ShouldBe(HttpStatusCode.NotImplemented);

            // A type of a later version, which only protobuf can carry, is as good as none.
            using var later = new ByteArrayContent(Call((CallMessage.Types.Type)7).ToByteArray());
            later.Headers.ContentType = new("application/x-protobuf");
            using var refused = await fixture.Http.PostAsync(new Uri(fixture.Agent.Address, "api/v1/executor"), later);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            var stranger = Update(uuid, TaskState.TaskRunning);
            stranger.ExecutorId.Value = "nobody";
            (await CallAsync(fixture, stranger)).ShouldBe(HttpStatusCode.BadRequest);
        }

        using var text = new StringContent("hello");
        using var unsupported = await fixture.Http.PostAsync(new Uri(fixture.Agent.Address, "api/v1/executor"), text);
        unsupported.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var get = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, "api/v1/executor"));
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        get.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    // The executor is known once the agent has taken the task.
    private static async Task<HttpResponseMessage> SubscribeAsync(AgentFixture fixture)
    {
        var patience = Patience.Token();
        while (true)
        {
            var response = await fixture.PostAsync("api/v1/executor", Call(CallMessage.Types.Type.Subscribe, static call =>
                call.Subscribe = new CallMessage.Types.Subscribe()));
            if (response.StatusCode != HttpStatusCode.BadRequest || patience.IsCancellationRequested)
            {
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                return response;
            }

            response.Dispose();
        }
    }

    private static async Task<Event> NextAsync(RecordReader events) =>
        (await events.ReadMessageAsync(Event.Parser, json: true, Patience.Token())).ShouldNotBeNull();

    private static async Task<HttpStatusCode> CallAsync(AgentFixture fixture, CallMessage call)
    {
        using var response = await fixture.PostAsync("api/v1/executor", call);
        return response.StatusCode;
    }

    private static CallMessage Update(ByteString uuid, TaskState state) => Call(CallMessage.Types.Type.Update, call =>
        call.Update = new CallMessage.Types.Update
        {
            Status = new TaskStatus
            {
                TaskId = new TaskID { Value = "t" },
                State = state,
                Uuid = uuid,
                Source = TaskStatus.Types.Source.Executor,
            },
        });

    private static CallMessage Call(CallMessage.Types.Type type, Action<CallMessage>? more = null)
    {
        var call = new CallMessage
        {
            Type = type,
            FrameworkId = FakeMaster.Framework().Id,
            ExecutorId = new ExecutorID { Value = "ex" },
        };
        more?.Invoke(call);
        return call;
    }
}
