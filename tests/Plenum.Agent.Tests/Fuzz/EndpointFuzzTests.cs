using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Tests.Fuzz;
using ExecutorCall = Plenum.Protocol.V1.Executor.Call;
using OperatorCall = Plenum.Protocol.V1.Agent.Call;
using ProviderCall = Plenum.Protocol.V1.ResourceProvider.Call;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fuzz;

/// <summary>
/// Damaged requests at every door of a real agent. It answers each, never with an agent's failure, and afterwards still
/// runs what it is told to.
/// </summary>
public sealed class EndpointFuzzTests
{
    private static readonly string[] Reads =
    [
        "state", "state.json", "containers", "monitor/statistics", "flags", "metrics/snapshot", "version", "health", "files/browse", "files/read",
        "files/read.json", "files/download", "files/debug", "slave(1)/state", "slave%281%29/files/read", "nothing", "",
    ];

    private static readonly string[] Parameters =
        ["path", "path", "offset", "length", "jsonp", "container_id", "framework_id", "executor_id", "show_nested", "show_standalone", "timeout"];

    private static readonly string[] ContentTypes =
        ["application/json", "application/json; charset=utf-8", "APPLICATION/X-PROTOBUF", "text/plain", "application/recordio", ";;", "a"];

    [Fact]
    public async Task Any_executor_call_is_answered()
    {
        await using var fixture = await StartAsync();
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Executor = new ExecutorInfo { ExecutorId = new ExecutorID { Value = "ex" }, Command = new CommandInfo { Value = "sleep 1000" } };
        }));
        using var http = Http(fixture);
        foreach (var fuzz in Cases(1_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("TaskID", "t");
            var call = new ExecutorCall();
            any.Fill(call);
            call.Type = (ExecutorCall.Types.Type)fuzz.Random.Next(7);
            call.FrameworkId = fuzz.Chance(0.9) ? FakeMaster.Framework().Id : call.FrameworkId;
            call.ExecutorId = new ExecutorID { Value = fuzz.Chance(0.9) ? "ex" : fuzz.Text() };
            await SendAsync(http, fuzz, "api/v1/executor", call);
        }

        http.Answers.Keys.ShouldBeSubsetOf([200, 202, 400, 403, 406, 415, 501]);
        await StillRunsAsync(fixture);
    }

    [Fact]
    public async Task Any_call_of_a_resource_provider_is_answered()
    {
        await using var fixture = await StartAsync();
        using var subscription = await fixture.PostAsync("api/v1/resource_provider", new ProviderCall
        {
            Type = ProviderCall.Types.Type.Subscribe,
            Subscribe = new ProviderCall.Types.Subscribe
            {
                ResourceProviderInfo = new ResourceProviderInfo { Type = "org.example.licences", Name = "manager" },
            },
        });
        var stream = subscription.Headers.GetValues("Mesos-Stream-Id").Single();
        var events = new RecordReader(PipeReader.Create(await subscription.Content.ReadAsStreamAsync()));
        var id = (await events.ReadMessageAsync(ProviderEvent.Parser, json: true, Patience.Token())).ShouldNotBeNull().Subscribed.ProviderId;
        using var http = Http(fixture);
        foreach (var fuzz in Cases(1_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("ResourceProviderID", id.Value);
            var call = new ProviderCall();
            any.Fill(call);

            // A second subscription would stay open as long as the test.
            call.Type = fuzz.Pick([ProviderCall.Types.Type.UpdateState, ProviderCall.Types.Type.UpdateOperationStatus,
                ProviderCall.Types.Type.UpdatePublishResourcesStatus, (ProviderCall.Types.Type)9, ProviderCall.Types.Type.Unknown]);
            call.ResourceProviderId = fuzz.Chance(0.9) ? id : call.ResourceProviderId;
            foreach (var resource in call.UpdateState?.Resources ?? [])
            {
                resource.ProviderId = fuzz.Chance(0.8) ? id : resource.ProviderId;
            }

            if (call.UpdateState is { } state && fuzz.Chance(0.5))
            {
                state.Resources.Clear();
            }

            await http.SendAsync(
                fuzz, HttpMethod.Post, "api/v1/resource_provider", call.ToByteArray(), "application/x-protobuf",
                ("Mesos-Stream-Id", fuzz.Chance(0.95) ? stream : fuzz.Text()));
        }

        http.Answers[202].ShouldBeGreaterThan(50, "enough calls passed the door");
        http.Answers.Keys.ShouldBeSubsetOf([202, 400, 403, 501]);
        await StillRunsAsync(fixture);
    }

    [Fact]
    public async Task Any_operator_call_is_answered()
    {
        await using var fixture = await StartAsync();
        var running = await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
        using var http = Http(fixture);
        foreach (var fuzz in Cases(1_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("ContainerID", running.ContainerStatus.ContainerId.Value);
            any.Saw("path", fixture.SandboxOf(running));
            var call = new OperatorCall();
            any.Fill(call);
            call.Type = (OperatorCall.Types.Type)fuzz.Random.Next(36);
            Tame(call);
            if (call.Type == OperatorCall.Types.Type.AttachContainerInput)
            {
                var framed = RecordFraming.Frame(call.ToByteArray());
                await http.SendAsync(
                    fuzz, HttpMethod.Post, "api/v1", fuzz.Bytes(framed), "application/recordio", ("Message-Content-Type", "application/x-protobuf"));
                continue;
            }

            await SendAsync(http, fuzz, "api/v1", call);
        }

        http.Answers[200].ShouldBeGreaterThan(50, "enough calls passed the door");
        await StillRunsAsync(fixture);
    }

    [Fact]
    public async Task Any_request_at_the_older_endpoints_is_answered()
    {
        await using var fixture = await StartAsync();
        var running = await fixture.RunUpAsync(FakeMaster.Task("t", "echo hello; sleep 1000"));
        var sandbox = fixture.SandboxOf(running);
        using var http = Http(fixture);
        foreach (var fuzz in Cases(1_500))
        {
            var query = fuzz.Query(Parameters);
            if (fuzz.Chance(0.3))
            {
                query += $"{(query.Length == 0 ? '?' : '&')}path={Uri.EscapeDataString($"{sandbox}/{(fuzz.Chance(0.5) ? "stdout" : fuzz.Text())}")}";
            }

            await http.SendAsync(
                fuzz, fuzz.Pick([HttpMethod.Get, HttpMethod.Get, HttpMethod.Get, HttpMethod.Head, HttpMethod.Post]), $"/{fuzz.Pick(Reads)}{query}");
        }

        http.Answers[200].ShouldBeGreaterThan(50, "enough requests passed the door");
        await StillRunsAsync(fixture);
    }

    /// <summary>Nothing that would start strange programs here, or wait for the end of what runs as long as the test.</summary>
    private static void Tame(OperatorCall call)
    {
        foreach (var command in new[] { call.LaunchContainer?.Command, call.LaunchNestedContainer?.Command, call.LaunchNestedContainerSession?.Command })
        {
            command?.MergeFrom(new CommandInfo { Shell = true, Value = "true" });
            command?.Uris.Clear();
            command?.ClearUser();
        }

        if (call.WaitContainer is { } wait)
        {
            wait.ContainerId = new ContainerID { Value = "nobody" };
        }

        if (call.WaitNestedContainer is { } nested)
        {
            nested.ContainerId = new ContainerID { Value = "nobody" };
        }
    }

    private static IEnumerable<Damage> Cases(int usual) => Damage.Cases(usual);

    private static async Task<AgentFixture> StartAsync() => await AgentFixture.StartAsync(loggers: new ErrorLog());

    private static HttpFuzz Http(AgentFixture fixture) => new(fixture.Agent.Address, (ErrorLog)fixture.Loggers, CheckRefusal, MayFail);

    // 500 is the contract's answer to an attach without an I/O switchboard and to a container that cannot be removed.
    private static bool MayFail(HttpStatusCode status, string text) => status == HttpStatusCode.InternalServerError
        && (text.Contains("I/O switchboard", StringComparison.Ordinal) || text.Contains("still runs", StringComparison.Ordinal));

    private static async Task SendAsync(HttpFuzz http, Damage fuzz, string path, IMessage call)
    {
        var json = fuzz.Chance(0.5);
        var body = json ? MesosJson.Write(call) : call.ToByteArray();
        if (fuzz.Chance(0.5))
        {
            body = json && fuzz.Chance(0.7) ? fuzz.Json(body) : fuzz.Bytes(body);
        }

        var type = fuzz.Chance(0.95) ? json ? "application/json" : "application/x-protobuf" : fuzz.Pick(ContentTypes);
        await http.SendAsync(
            fuzz, HttpMethod.Post, path, body, type, ("Accept", fuzz.Chance(0.9) ? "application/json" : fuzz.Pick(ContentTypes)));
    }

    /// <summary>A refusal is a sentence in plain text.</summary>
    private static void CheckRefusal(HttpStatusCode status, string text, string? contentType)
    {
        if (text.Length > 0)
        {
            contentType.ShouldBe("text/plain; charset=utf-8");
        }
    }

    private static async Task StillRunsAsync(AgentFixture fixture)
    {
        using var state = JsonDocument.Parse(await fixture.GetAsync("state"));
        state.RootElement.GetProperty("id").GetString().ShouldBe(FakeMaster.AgentId);
        await fixture.RunUpAsync(FakeMaster.Task("after", "sleep 1000"));
        ((ErrorLog)fixture.Loggers).Entries.ShouldBeEmpty();
    }
}
