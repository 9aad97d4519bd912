using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Tests.Cluster;

/// <summary>A framework made of plain HTTP requests: nothing of Plenum's own client.</summary>
internal sealed class TestFramework : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly bool _json;
    private readonly HttpResponseMessage _response;
    private readonly RecordReader _records;

    private TestFramework(HttpClient http, bool json, HttpResponseMessage response, Stream body)
    {
        _http = http;
        _json = json;
        _response = response;
        _records = new RecordReader(System.IO.Pipelines.PipeReader.Create(body));
        StreamId = response.Headers.TryGetValues("Mesos-Stream-Id", out var values) ? values.Single() : null;
    }

    public FrameworkID Id { get; private set; } = null!;

    public string? StreamId { get; }

    public static FrameworkInfo Info() => new()
    {
        User = "nobody",
        Name = "test",
        FailoverTimeout = 3600,
        Checkpoint = true,
        Roles = { "*" },
        Capabilities =
        {
            Capability(FrameworkInfo.Types.Capability.Types.Type.MultiRole),
            Capability(FrameworkInfo.Types.Capability.Types.Type.PartitionAware),
            Capability(FrameworkInfo.Types.Capability.Types.Type.ReservationRefinement),
        },
    };

    /// <summary>Subscribes, and reads SUBSCRIBED and the first heartbeat.</summary>
    public static async Task<TestFramework> SubscribeAsync(
        Uri master, bool json, Func<FrameworkInfo, FrameworkInfo>? with = null)
    {
        var info = with is null ? Info() : with(Info());
        var framework = await OpenAsync(master, json, info);
        var subscribed = await framework.NextAsync(Event.Types.Type.Subscribed);
        framework.Id = subscribed.Subscribed.FrameworkId;
        return framework;
    }

    /// <summary>Opens the stream without reading from it.</summary>
    public static async Task<TestFramework> OpenAsync(Uri master, bool json, FrameworkInfo info)
    {
        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            FrameworkId = info.Id,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = info },
        };
        var http = new HttpClient { BaseAddress = master, Timeout = Timeout.InfiniteTimeSpan };
        var response = await Patience.For("the answer to SUBSCRIBE", token => http.SendAsync(
            Request(call, json), HttpCompletionOption.ResponseHeadersRead, token));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new TestFramework(http, json, response, await response.Content.ReadAsStreamAsync());
    }

    public static HttpRequestMessage Request(Call call, bool json, string? streamId = null)
    {
        var type = json ? "application/json" : "application/x-protobuf";
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/scheduler")
        {
            Content = new ByteArrayContent(json ? MesosJson.Write(call) : call.ToByteArray()),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        if (streamId is not null)
        {
            request.Headers.Add("Mesos-Stream-Id", streamId);
        }

        return request;
    }

    /// <summary>The next event of a kind; heartbeats and offers on the way are passed over, nothing else is.</summary>
    public async Task<Event> NextAsync(Event.Types.Type type) => await Patience.For($"{type}", async token =>
    {
        while (await ReadAsync(token) is { } message)
        {
            if (message.Type == type)
            {
                return message;
            }

            (message.Type is Event.Types.Type.Heartbeat or Event.Types.Type.Offers or Event.Types.Type.Rescind)
                .ShouldBeTrue($"waiting for {type}, got {message}");
        }

        throw new InvalidOperationException($"The stream ended while waiting for {type}.");
    });

    /// <summary>The next record, or null at the end of the stream.</summary>
    public async Task<Event?> ReadAsync(CancellationToken cancellationToken) =>
        await _records.ReadMessageAsync(Event.Parser, _json, cancellationToken);

    public async Task<Offer> OfferAsync() =>
        (await NextAsync(Event.Types.Type.Offers)).Offers.Offers_[0];

    public async Task<HttpStatusCode> CallAsync(Call call)
    {
        call.FrameworkId = Id;
        using var response = await _http.SendAsync(Request(call, _json, StreamId));
        return response.StatusCode;
    }

    public async Task TakenAsync(Call call) => (await CallAsync(call)).ShouldBe(HttpStatusCode.Accepted);

    /// <summary>Launches one command task on an offer.</summary>
    public async Task LaunchAsync(Offer offer, params string[] taskIds)
    {
        var launch = new Offer.Types.Operation.Types.Launch();
        foreach (var id in taskIds)
        {
            launch.TaskInfos.Add(TaskOn(offer, id));
        }

        await TakenAsync(new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { offer.Id },
                Operations =
                {
                    new Offer.Types.Operation { Type = Offer.Types.Operation.Types.Type.Launch, Launch = launch },
                },
                Filters = new Filters { RefuseSeconds = 0 },
            },
        });
    }

    public static TaskInfo TaskOn(Offer offer, string id) => new()
    {
        Name = $"name of {id}",
        TaskId = new TaskID { Value = id },
        AgentId = offer.AgentId,
        Command = new CommandInfo { Value = "sleep 1000" },
        Resources = { Scalar("cpus", 0.1), Scalar("mem", 32) },
    };

    public Task AcknowledgeAsync(TaskStatus status) => TakenAsync(new Call
    {
        Type = Call.Types.Type.Acknowledge,
        Acknowledge = new Call.Types.Acknowledge
        {
            AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid,
        },
    });

    public static Resource Scalar(string name, double value) => new()
    {
        Name = name,
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = value },
    };

    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static FrameworkInfo.Types.Capability Capability(FrameworkInfo.Types.Capability.Types.Type type) =>
        new() { Type = type };
}
