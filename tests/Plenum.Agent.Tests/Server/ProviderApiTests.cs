using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Plenum.Agent.Tests.Volumes;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.ResourceProvider;
using AgentCall = Plenum.Protocol.V1.Agent.Call;
using CallType = Plenum.Protocol.V1.ResourceProvider.Call.Types.Type;
using PublishStatus = Plenum.Protocol.V1.ResourceProvider.Call.Types.UpdatePublishResourcesStatus;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>A resource provider of a third party speaks to a real agent over HTTP.</summary>
public sealed class ProviderApiTests
{
    [Fact]
    public async Task A_provider_subscribes_brings_resources_and_makes_them_ready_before_a_task_starts()
    {
        await using var fixture = await AgentFixture.StartAsync();
        using var response = await SubscribeAsync(fixture);
        var stream = response.Headers.GetValues("Mesos-Stream-Id").Single();
        var events = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        var id = (await NextAsync(events)).Subscribed.ProviderId;

        var licences = new Resource
        {
            Name = "licences", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 5 }, ProviderId = id,
        };
        (await CallAsync(fixture, stream, new Call
        {
            Type = CallType.UpdateState,
            ResourceProviderId = id,
            UpdateState = new Call.Types.UpdateState { Resources = { licences }, ResourceVersionUuid = NewUuid() },
        })).ShouldBe(HttpStatusCode.Accepted);
        while ((await fixture.Master.ReceiveAsync()).UpdateAgent is not { } told || told.ResourceProviders[0].TotalResources.Count == 0)
        {
            // Its subscription was told before.
        }

        var shown = (await fixture.CallAsync(new AgentCall { Type = AgentCall.Types.Type.GetResourceProviders })).GetResourceProviders;
        shown.ResourceProviders.Single().ResourceProviderInfo.Name.ShouldBe("manager");
        shown.ResourceProviders.Single().TotalResources.Single().Scalar.Value.ShouldBe(5);
        (await fixture.GetAsync("state")).ShouldContain("\"resource_provider_info\"");

        fixture.Master.Run(FakeMaster.Task("t", "sleep 1000", task => task.Resources.Add(licences)));
        var publish = (await NextAsync(events)).PublishResources;
        publish.Resources.Single().Name.ShouldBe("licences");
        (await CallAsync(fixture, stream, Published(id, publish.Uuid, PublishStatus.Types.Status.Ok))).ShouldBe(HttpStatusCode.Accepted);
        await fixture.Master.UpdateAsync("t", TaskState.TaskRunning);

        fixture.Master.Run(FakeMaster.Task("u", "sleep 1000", task => task.Resources.Add(licences)));
        publish = (await NextAsync(events)).PublishResources;
        publish.Resources.Count.ShouldBe(2, "those of the first task are still in use");
        await CallAsync(fixture, stream, Published(id, publish.Uuid, PublishStatus.Types.Status.Failed));
        (await fixture.Master.UpdateAsync("u", TaskState.TaskFailed)).Message.ShouldContain("could not make the task's resources ready");
        fixture.Master.Kill("t", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("t", TaskState.TaskKilled);
    }

    [Fact]
    public async Task Calls_outside_a_subscription_are_refused()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var state = new Call
        {
            Type = CallType.UpdateState,
            ResourceProviderId = new ResourceProviderID { Value = "x" },
            UpdateState = new Call.Types.UpdateState { ResourceVersionUuid = NewUuid() },
        };
        (await CallAsync(fixture, null, state)).ShouldBe(HttpStatusCode.BadRequest);
        (await CallAsync(fixture, "no-such-stream", state)).ShouldBe(HttpStatusCode.Forbidden);
        (await CallAsync(fixture, "no-such-stream", new Call { Type = CallType.UpdateOperationStatus })).ShouldBe(HttpStatusCode.BadRequest);
        (await CallAsync(fixture, "no-such-stream", new Call { Type = CallType.Subscribe })).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task An_operator_adds_changes_and_removes_pools_while_the_agent_runs()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var info = Pools.Info("pool", Path.Combine(fixture.Work, "pool"), 100);
        (await ConfigureAsync(fixture, info)).ShouldBe(HttpStatusCode.OK);
        (await ConfigureAsync(fixture, info)).ShouldBe(HttpStatusCode.OK, "the same once more is no error");
        (await SizeAsync(fixture)).ShouldBe(100);
        (await ConfigureAsync(fixture, Pools.Info("pool", Path.Combine(fixture.Work, "pool"), 200))).ShouldBe(HttpStatusCode.Conflict);
        (await UpdateAsync(fixture, Pools.Info("other", Path.Combine(fixture.Work, "other"), 200))).ShouldBe(HttpStatusCode.NotFound);
        (await UpdateAsync(fixture, Pools.Info("pool", Path.Combine(fixture.Work, "pool"), 200))).ShouldBe(HttpStatusCode.OK);
        (await SizeAsync(fixture)).ShouldBe(200);
        var csi = info.Clone();
        csi.Storage.Plugin.Type = "org.example.csi";
        (await ConfigureAsync(fixture, csi)).ShouldBe(HttpStatusCode.BadRequest);

        await fixture.RestartAgentAsync();
        var id = fixture.Registration.ResourceProviders.Single().Info.Id;
        (await PostAsync(fixture, new AgentCall
        {
            Type = AgentCall.Types.Type.MarkResourceProviderGone,
            MarkResourceProviderGone = new AgentCall.Types.MarkResourceProviderGone { ResourceProviderId = id },
        })).ShouldBe(HttpStatusCode.Conflict);
        (await PostAsync(fixture, new AgentCall
        {
            Type = AgentCall.Types.Type.RemoveResourceProviderConfig,
            RemoveResourceProviderConfig = new AgentCall.Types.RemoveResourceProviderConfig { Type = info.Type, Name = info.Name },
        })).ShouldBe(HttpStatusCode.OK);
        (await fixture.CallAsync(new AgentCall { Type = AgentCall.Types.Type.GetResourceProviders })).GetResourceProviders.ResourceProviders.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pool_takes_neither_the_directory_nor_the_file_of_another()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var pool = Directory.CreateDirectory(Path.Combine(fixture.Work, "pool")).FullName;
        (await ConfigureAsync(fixture, Pools.Info("pool", pool, 100))).ShouldBe(HttpStatusCode.OK);
        var link = Path.Combine(fixture.Work, "link");
        Directory.CreateSymbolicLink(link, pool);
        foreach (var same in new[] { pool, pool + "//", Path.Combine(fixture.Work, "other/../pool"), link })
        {
            // Before "pool" in the order of the files: that one would have been the second of two and switched off.
            (await ConfigureAsync(fixture, Pools.Info("another", same, 500))).ShouldBe(HttpStatusCode.Conflict, same);
        }

        // An operator's file may be called as it likes.
        var configurations = Path.Combine(fixture.Work, "resource-providers");
        var file = Path.Combine(configurations, "fresh.json");
        File.Move(Path.Combine(configurations, "pool.json"), file);
        (await ConfigureAsync(fixture, Pools.Info("fresh", Path.Combine(fixture.Work, "fresh"), 500))).ShouldBe(HttpStatusCode.Conflict);
        MesosJson.Parse<ResourceProviderInfo>(await File.ReadAllBytesAsync(file)).Name.ShouldBe("pool");
        (await SizeAsync(fixture)).ShouldBe(100);
    }

    private static UUID NewUuid() => new() { Value = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()) };

    private static Call Published(ResourceProviderID id, UUID uuid, PublishStatus.Types.Status status) => new()
    {
        Type = CallType.UpdatePublishResourcesStatus,
        ResourceProviderId = id,
        UpdatePublishResourcesStatus = new PublishStatus { Uuid = uuid, Status = status },
    };

    private static Task<HttpResponseMessage> SubscribeAsync(AgentFixture fixture) => fixture.PostAsync("api/v1/resource_provider", new Call
    {
        Type = CallType.Subscribe,
        Subscribe = new Call.Types.Subscribe
        {
            ResourceProviderInfo = new ResourceProviderInfo { Type = "org.example.licences", Name = "manager" },
        },
    });

    private static async Task<HttpStatusCode> CallAsync(AgentFixture fixture, string? stream, Call call)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1/resource_provider"))
        {
            Content = new ByteArrayContent(MesosJson.Write(call)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (stream is not null)
        {
            request.Headers.Add("Mesos-Stream-Id", stream);
        }

        using var response = await fixture.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<Event> NextAsync(RecordReader events) =>
        (await events.ReadMessageAsync(Event.Parser, json: true, Patience.Token())).ShouldNotBeNull();

    private static async Task<double> SizeAsync(AgentFixture fixture) =>
        (await fixture.CallAsync(new AgentCall { Type = AgentCall.Types.Type.GetResourceProviders }))
            .GetResourceProviders.ResourceProviders.Single().TotalResources.Single().Scalar.Value;

    private static Task<HttpStatusCode> ConfigureAsync(AgentFixture fixture, ResourceProviderInfo info) => PostAsync(fixture, new AgentCall
    {
        Type = AgentCall.Types.Type.AddResourceProviderConfig,
        AddResourceProviderConfig = new AgentCall.Types.AddResourceProviderConfig { Info = info },
    });

    private static Task<HttpStatusCode> UpdateAsync(AgentFixture fixture, ResourceProviderInfo info) => PostAsync(fixture, new AgentCall
    {
        Type = AgentCall.Types.Type.UpdateResourceProviderConfig,
        UpdateResourceProviderConfig = new AgentCall.Types.UpdateResourceProviderConfig { Info = info },
    });

    private static async Task<HttpStatusCode> PostAsync(AgentFixture fixture, AgentCall call)
    {
        using var response = await fixture.PostAsync("api/v1", call);
        return response.StatusCode;
    }
}
