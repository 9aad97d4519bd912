using System.Net;
using Google.Protobuf;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Tests.Cluster;

/// <summary>An agent that does what the test says, over the real link.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly RecordReader _records;

    private TestAgent(HttpClient http, HttpResponseMessage response, Stream body)
    {
        _http = http;
        _response = response;
        _records = new RecordReader(System.IO.Pipelines.PipeReader.Create(body));
        LinkId = response.Headers.GetValues("Plenum-Link-Id").Single();
    }

    public AgentID Id { get; private set; } = null!;

    public string LinkId { get; }

    public MasterMessage.Types.Registered Registered { get; private set; } = null!;

    public static AgentMessage.Types.Register Registration(string resources) => new()
    {
        AgentInfo = new AgentInfo
        {
            Hostname = "machine.example",
            Port = 5051,
            Resources = { ResourceSet.Parse(resources).ToWire() },
            Attributes =
            {
                new Protocol.V1.Attribute
                {
                    Name = "rack", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = "r1" },
                },
                new Protocol.V1.Attribute
                {
                    Name = "size", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 4 },
                },
            },
        },
        Capabilities =
        {
            Capability(AgentInfo.Types.Capability.Types.Type.MultiRole),
            Capability(AgentInfo.Types.Capability.Types.Type.ReservationRefinement),
            Capability(AgentInfo.Types.Capability.Types.Type.AgentOperationFeedback),
        },
        Version = "1.11.0",
        Address = new Address { Hostname = "machine.example", Ip = "192.0.2.7", Port = 5051 },
        BootId = "boot-1",
    };

    public static Task<TestAgent> RegisterAsync(Uri master, string resources) =>
        RegisterAsync(master, Registration(resources));

    public static async Task<TestAgent> RegisterAsync(Uri master, AgentMessage.Types.Register registration)
    {
        var agent = await OpenAsync(master, registration);
        var answer = await agent.NextAsync(MasterMessage.MessageOneofCase.Registered);
        agent.Registered = answer.Registered;
        agent.Id = answer.Registered.AgentId;
        return agent;
    }

    /// <summary>Opens the link without waiting for the admission.</summary>
    public static async Task<TestAgent> OpenAsync(Uri master, AgentMessage.Types.Register registration)
    {
        var http = new HttpClient { BaseAddress = master, Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/link")
        {
            Content = new ByteArrayContent(new AgentMessage { Register = registration }.ToByteArray()),
        };
        var response = await Patience.For("the answer to a registration", token =>
            http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new TestAgent(http, response, await response.Content.ReadAsStreamAsync());
    }

    public async Task<MasterMessage> NextAsync(MasterMessage.MessageOneofCase kind) =>
        await Patience.For($"{kind} from the master", async token =>
        {
            while (await ReadAsync(token) is { } message)
            {
                if (message.MessageCase == kind)
                {
                    return message;
                }

                (message.MessageCase is MasterMessage.MessageOneofCase.Ping
                    or MasterMessage.MessageOneofCase.UpdateFramework)
                    .ShouldBeTrue($"waiting for {kind}, got {message}");
            }

            throw new InvalidOperationException($"The link ended while waiting for {kind}.");
        });

    public async Task<MasterMessage?> ReadAsync(CancellationToken cancellationToken) =>
        await _records.ReadMessageAsync(MasterMessage.Parser, cancellationToken: cancellationToken);

    public async Task<HttpStatusCode> SendAsync(params AgentMessage[] messages)
    {
        var body = messages.SelectMany(message => RecordFraming.Frame(message.ToByteArray())).ToArray();
        return await SendBytesAsync(body);
    }

    public async Task<HttpStatusCode> SendBytesAsync(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/plenum/v1/agent/messages")
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.Add("Plenum-Link-Id", LinkId);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Reports a state of a task with a fresh uuid, which the master's framework must acknowledge.</summary>
    public async Task<TaskStatus> UpdateAsync(FrameworkID framework, string taskId, TaskState state)
    {
        var message = Update(framework, taskId, state);
        (await SendAsync(message)).ShouldBe(HttpStatusCode.Accepted);
        return message.StatusUpdate.Status;
    }

    public AgentMessage Update(FrameworkID framework, string taskId, TaskState state) => new()
    {
        StatusUpdate = new AgentMessage.Types.StatusUpdate
        {
            FrameworkId = framework,
            LatestState = state,
            Status = new TaskStatus
            {
                TaskId = new TaskID { Value = taskId },
                AgentId = Id,
                State = state,
                Source = TaskStatus.Types.Source.Executor,
                Timestamp = 1_700_000_000.5,
                Uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
            },
        },
    };

    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static AgentInfo.Types.Capability Capability(AgentInfo.Types.Capability.Types.Type type) =>
        new() { Type = type };
}
