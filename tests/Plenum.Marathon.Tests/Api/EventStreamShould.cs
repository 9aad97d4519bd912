using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Plenum.Marathon.Api;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.LaunchQueue;

namespace Plenum.Marathon.Tests.Api;

public sealed class EventStreamShould : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    public void Dispose() => _limit.Dispose();

    /// <summary>marathon-lb splits the stream at CR LF and looks for "data: " with the space.</summary>
    [Fact]
    public async Task Send_frames_whose_lines_end_with_CR_LF_and_begin_with_the_attachment()
    {
        await using var host = await ApiHost.StartAsync();
        await using var stream = await OpenAsync(host, "/v2/events");

        var frame = await stream.ReadFrameAsync(_limit.Token);

        frame.ShouldStartWith("event: event_stream_attached\r\ndata: {");
        frame.ShouldEndWith("}\r\n\r\n");
        var data = Data(frame);
        data["eventType"]!.GetValue<string>().ShouldBe("event_stream_attached");
        data["remoteAddress"]!.GetValue<string>().ShouldBe("127.0.0.1");
        data["timestamp"]!.GetValue<string>().ShouldEndWith("Z");
    }

    [Fact]
    public async Task Not_be_opened_by_a_question_for_its_head()
    {
        await using var host = await ApiHost.StartAsync();

        (await host.SendAsync("HEAD", "/v2/events", accept: "text/event-stream")).Status.ShouldBe(405);
    }

    [Fact]
    public async Task Send_only_the_types_that_are_asked_for_and_ignore_the_format_of_plans()
    {
        await using var host = await ApiHost.StartAsync();
        await using var stream = await OpenAsync(
            host,
            "/v2/events?plan-format=light&event_type=api_post_event&event_type=deployment_info");

        host.Marathon.Events.Publish(new MarathonEvent.AppTerminated(FakeMarathon.Start, PathId.Parse("/a")));
        await host.CreateAsync("/web");

        var frame = await stream.ReadFrameAsync(_limit.Token);
        frame.ShouldStartWith("event: api_post_event\r\n");
        Data(frame)["appDefinition"]!["id"]!.GetValue<string>().ShouldBe("/web");
    }

    /// <summary>A number in the list of deployments, the step itself here.</summary>
    [Fact]
    public async Task Carry_the_current_step_as_an_object_and_a_plan_without_trees()
    {
        await using var host = await ApiHost.StartAsync();
        await using var stream = await OpenAsync(host, "/v2/events?event_type=deployment_info");
        var step = new DeploymentStep([new DeploymentAction(ActionKind.Restart, PathId.Parse("/web"), [])]);

        host.Marathon.Events.Publish(new MarathonEvent.DeploymentInfo(FakeMarathon.Start, host.Marathon.Plan(default, step), step));

        var data = Data(await stream.ReadFrameAsync(_limit.Token));
        data["currentStep"]!.ToJsonString().ShouldBe("""{"actions":[{"action":"RestartApplication","app":"/web"}]}""");
        data["plan"]!.AsObject().Select(member => member.Key).ShouldBe(["id", "version", "steps"]);
    }

    [Fact]
    public async Task Keep_a_silent_connection_alive_with_bare_line_ends()
    {
        await using var host = await ApiHost.StartAsync(new MarathonApiOptions { EventHeartbeat = TimeSpan.FromMilliseconds(20) });
        await using var stream = await OpenAsync(host, "/v2/events?event_type=none");

        (await stream.ReadAsync(4, _limit.Token)).ShouldBe("\r\n\r\n");
    }

    [Fact]
    public async Task Cut_off_a_client_that_does_not_read_instead_of_leaving_events_out()
    {
        var marathon = new FakeMarathon { Options = new MarathonOptions { EventStreamCapacity = 4 } };
        await using var host = await ApiHost.StartAsync(new MarathonApiOptions { EventHeartbeat = TimeSpan.FromMilliseconds(20) }, marathon);
        using var observer = marathon.Events.Subscribe(1_000_000);
        await using var stream = await OpenAsync(host, "/v2/events");
        var large = new MarathonEvent.GroupChangeFailed(FakeMarathon.Start, PathId.Root, default, new string('x', 1 << 20));

        // Until the kernel's buffers, Kestrel's and then the subscription's are full and the stream is detached.
        var detached = DetachedAsync(observer);
        while (!detached.IsCompleted)
        {
            marathon.Events.Publish(large);
            await Task.Yield();
        }

        (await detached).ShouldBeTrue();
        await stream.ReadToEndAsync(_limit.Token);
    }

    [Fact]
    public async Task Tell_the_others_when_a_client_leaves()
    {
        await using var host = await ApiHost.StartAsync();
        using var observer = host.Marathon.Events.Subscribe(100);
        var stream = await OpenAsync(host, "/v2/events");
        await stream.ReadFrameAsync(_limit.Token);

        await stream.DisposeAsync();

        (await DetachedAsync(observer)).ShouldBeTrue();
    }

    [Fact]
    public async Task Be_refused_to_clients_that_do_not_ask_for_events_and_beyond_the_limit()
    {
        await using var host = await ApiHost.StartAsync(new MarathonApiOptions { MaxEventStreams = 1 });

        (await host.SendAsync("GET", "/v2/events", accept: "application/json")).Status.ShouldBe(406);
        await using var stream = await OpenAsync(host, "/v2/events");
        await stream.ReadFrameAsync(_limit.Token);
        (await host.SendAsync("GET", "/v2/events", accept: "text/event-stream")).Status.ShouldBe(503);
    }

    [Fact]
    public void Have_a_form_for_every_event()
    {
        foreach (var type in typeof(MarathonEvent).GetNestedTypes(System.Reflection.BindingFlags.NonPublic))
        {
            var happened = (MarathonEvent)Sample(type);
            using var buffer = new MemoryStream();
            using (var writer = new System.Text.Json.Utf8JsonWriter(buffer))
            {
                Plenum.Marathon.Api.Events.EventView.Write(writer, happened);
            }

            JsonNode.Parse(buffer.ToArray())!["eventType"]!.GetValue<string>().ShouldBe(happened.Type);
        }
    }

    private static object Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "text",
        _ when type == typeof(PathId) => PathId.Parse("/a"),
        _ when type == typeof(AppDefinition) => new AppDefinition { Id = PathId.Parse("/a") },
        _ when type == typeof(DeploymentPlan) => new FakeMarathon().Plan(default),
        _ when type == typeof(QueueItem) => new QueueItem
        {
            Spec = new AppDefinition { Id = PathId.Parse("/a") },
            Role = "*",
            Count = 1,
            Since = default,
            DelayedUntil = default,
            ProcessedOffers = 1,
            UnusedOffers = 1,
            RejectSummaryLastOffers = [],
            RejectSummaryLaunchAttempt = [],
            LastUnusedOffers = [],
            Unmet = [new UnmetNeed(RejectReason.InsufficientCpus, null, 1, 0.5)],
        },
        _ when type == typeof(DeploymentStep) => new DeploymentStep([]),
        _ when type == typeof(HealthCheck) => new HealthCheck(),
        _ when type.IsGenericType && type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal) => type.GetField("Empty")!.GetValue(null)!,
        _ when type.IsSubclassOf(typeof(MarathonEvent)) => Activator.CreateInstance(
            type,
            [.. type.GetConstructors()[0].GetParameters().Select(parameter => Sample(parameter.ParameterType))])!,
        _ when Nullable.GetUnderlyingType(type) is { } inner => Activator.CreateInstance(inner)!,
        _ when type.Name == "InstanceId" => new Plenum.Marathon.Instances.InstanceId("a.instance-1"),
        _ => Activator.CreateInstance(type)!,
    };

    private async Task<bool> DetachedAsync(EventSubscription<MarathonEvent> observer)
    {
        await foreach (var happened in observer.Events.ReadAllAsync(_limit.Token))
        {
            if (happened is MarathonEvent.StreamDetached)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonNode Data(string frame) =>
        JsonNode.Parse(frame.Split("\r\n").Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..])!;

    private static async Task<RawStream> OpenAsync(ApiHost host, string path)
    {
        var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port);
        var network = client.GetStream();
        await network.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
        var stream = new RawStream(client, network);
        await stream.ReadHeadAsync();
        return stream;
    }

    /// <summary>HTTP/1.0, so that the body comes without chunks between the bytes that are compared.</summary>
    private sealed class RawStream(TcpClient client, NetworkStream stream) : IAsyncDisposable
    {
        public async Task ReadHeadAsync() =>
            (await ReadUntilAsync("\r\n\r\n", CancellationToken.None)).ShouldContain("Content-Type: text/event-stream");

        public Task<string> ReadFrameAsync(CancellationToken cancellationToken) => ReadUntilAsync("\r\n\r\n", cancellationToken);

        public async Task<string> ReadAsync(int count, CancellationToken cancellationToken)
        {
            var buffer = new byte[count];
            await stream.ReadExactlyAsync(buffer, cancellationToken);
            return Encoding.UTF8.GetString(buffer);
        }

        /// <summary>Comes back when the server ended the connection, politely or not.</summary>
        public async Task ReadToEndAsync(CancellationToken cancellationToken)
        {
            var buffer = new byte[1 << 20];
            try
            {
                while (await stream.ReadAsync(buffer, cancellationToken) > 0)
                {
                    // Only the end matters.
                }
            }
            catch (IOException)
            {
                // Reset: what was still under way is thrown away.
            }
        }

        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<string> ReadUntilAsync(string end, CancellationToken cancellationToken)
        {
            var text = new StringBuilder();
            while (text.Length < end.Length || text.ToString(text.Length - end.Length, end.Length) != end)
            {
                text.Append(await ReadAsync(1, cancellationToken));
            }

            return text.ToString();
        }
    }
}
