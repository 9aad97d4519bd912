using System.Net;
using System.Text;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.AgentLink;

public sealed class AgentLinkTests
{
    [Fact]
    public async Task A_registration_is_answered_only_after_the_registry_has_it()
    {
        var gate = new TaskCompletionSource();
        var store = new TestStore();
        await using var master = await TestMaster.StartAsync(store);
        store.CommitGate = gate;
        await using var agent = await TestAgent.OpenAsync(master.Server.Address, TestAgent.Registration("cpus:1;mem:64"));
        var answer = agent.NextAsync(MasterMessage.MessageOneofCase.Registered);
        store.Keys.ShouldBeEmpty();
        answer.IsCompleted.ShouldBeFalse();

        gate.SetResult();
        var id = (await answer).Registered.AgentId.Value;
        store.Keys.ShouldContain(key => key.StartsWith("kernel/", StringComparison.Ordinal) && key.EndsWith(id));
    }

    [Fact]
    public async Task A_link_that_is_unknown_or_over_is_410()
    {
        await using var master = await TestMaster.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/messages");
        request.Headers.Add("Plenum-Link-Id", "no-such-link");
        using var unknown = await master.Http.SendAsync(request);
        unknown.StatusCode.ShouldBe(HttpStatusCode.Gone);
        using var unnamed = await master.Http.PostAsync("/master/api/plenum/v1/agent/messages", null);
        unnamed.StatusCode.ShouldBe(HttpStatusCode.Gone);

        var agent = await master.AgentAsync();
        var link = agent.LinkId;
        (await agent.SendAsync(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } }))
            .ShouldBe(HttpStatusCode.Accepted);
        await agent.DisposeAsync();
        await Until.TrueAsync("the link is over", async () =>
        {
            using var late = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/messages")
            {
                Content = new ByteArrayContent(RecordFraming.Frame(new AgentMessage
                {
                    Pong = new AgentMessage.Types.Pong { Sequence = 2 },
                }.ToByteArray())),
            };
            late.Headers.Add("Plenum-Link-Id", link);
            using var response = await master.Http.SendAsync(late);
            return response.StatusCode == HttpStatusCode.Gone;
        });
    }

    [Fact]
    public async Task Bad_bodies_are_400_and_leave_the_link_open()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        byte[][] bad =
        [
            "not a record"u8.ToArray(),
            "5\nabc"u8.ToArray(),
            RecordFraming.Frame([0xff, 0xff]),
            RecordFraming.Frame([]),
            RecordFraming.Frame(new AgentMessage { Register = TestAgent.Registration("cpus:1") }.ToByteArray()),
            RecordFraming.Frame(new AgentMessage
            {
                StatusUpdate = new AgentMessage.Types.StatusUpdate { FrameworkId = new FrameworkID() },
            }.ToByteArray()),
        ];
        foreach (var body in bad)
        {
            (await agent.SendBytesAsync(body)).ShouldBe(HttpStatusCode.BadRequest, Encoding.Latin1.GetString(body));
        }

        (await agent.SendAsync(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } }))
            .ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_link_that_does_not_start_with_a_registration_is_400()
    {
        await using var master = await TestMaster.StartAsync();
        byte[][] bad =
        [
            [],
            [0xff],
            new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = 1 } }.ToByteArray(),
            new AgentMessage { Register = new AgentMessage.Types.Register() }.ToByteArray(),
            new AgentMessage { Register = new AgentMessage.Types.Register { AgentInfo = new AgentInfo() } }.ToByteArray(),
            WithOperation(new Operation { Type = Operation.Types.Type.CreateDisk }),
            WithOperation(new Operation { Type = Operation.Types.Type.CreateDisk, CreateDisk = new() { Source = new Resource { Name = "disk", Type = Value.Types.Type.Text } } }),
            WithOperation(new Operation { Type = Operation.Types.Type.GrowVolume, GrowVolume = new() }),
        ];
        foreach (var body in bad)
        {
            using var content = new ByteArrayContent(body);
            using var response = await master.Http.PostAsync("/api/plenum/v1/agent/link", content);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, Convert.ToHexString(body));
        }
    }

    [Fact]
    public async Task Several_messages_in_one_body_are_taken_in_order()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        (await agent.SendAsync(
            agent.Update(framework.Id, "t1", TaskState.TaskStarting),
            agent.Update(framework.Id, "t1", TaskState.TaskRunning),
            agent.Update(framework.Id, "t1", TaskState.TaskFailed))).ShouldBe(HttpStatusCode.Accepted);
        foreach (var state in (TaskState[])[TaskState.TaskStarting, TaskState.TaskRunning, TaskState.TaskFailed])
        {
            (await framework.NextAsync(Protocol.V1.Scheduler.Event.Types.Type.Update)).Update.Status.State.ShouldBe(state);
        }
    }

    [Fact]
    public async Task More_links_than_allowed_are_503()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxAgentLinks = 1 });
        await using var agent = await master.AgentAsync();
        using var content = new ByteArrayContent(
            new AgentMessage { Register = TestAgent.Registration("cpus:1;mem:64") }.ToByteArray());
        using var response = await master.Http.PostAsync("/api/plenum/v1/agent/link", content);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    /// <summary>Found by the fuzz: the kernel takes what a pending operation consumes out of the agent's resources.</summary>
    private static byte[] WithOperation(Operation info)
    {
        var register = TestAgent.Registration("cpus:1");
        register.Operations.Add(new Protocol.V1.Operation
        {
            Info = info,
            LatestStatus = new OperationStatus { State = OperationState.OperationPending, ResourceProviderId = new ResourceProviderID { Value = "p" } },
            Uuid = new UUID { Value = Google.Protobuf.ByteString.CopyFrom(new byte[16]) },
        });
        return new AgentMessage { Register = register }.ToByteArray();
    }
}
