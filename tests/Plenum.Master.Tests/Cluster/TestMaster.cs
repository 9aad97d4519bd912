using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Plenum.Master.Tests.Cluster;

/// <summary>A real master on a free loopback port, with a client for short requests.</summary>
internal sealed class TestMaster : IAsyncDisposable
{
    private TestMaster(MasterServer server, TestStore store)
    {
        Server = server;
        Store = store;
        Http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public MasterServer Server { get; }

    public TestStore Store { get; }

    public HttpClient Http { get; }

    public static async Task<TestMaster> StartAsync(
        TestStore? store = null, Func<MasterOptions, MasterOptions>? with = null, ILoggerFactory? loggers = null)
    {
        store ??= new TestStore();
        var options = new MasterOptions { Port = 0, MetricsInterval = TimeSpan.Zero };
        var server = await Patience.For("the master's start", token => MasterServer.StartAsync(
            with is null ? options : with(options), store, TimeProvider.System, loggers ?? NullLoggerFactory.Instance, token));
        return new TestMaster(server, store);
    }

    public Task<TestFramework> FrameworkAsync(
        bool json = false, Func<Protocol.V1.FrameworkInfo, Protocol.V1.FrameworkInfo>? with = null) =>
        TestFramework.SubscribeAsync(Server.Address, json, with);

    public Task<TestAgent> AgentAsync(string resources = "cpus:4;mem:4096;disk:1000;ports:[31000-31099]") =>
        TestAgent.RegisterAsync(Server.Address, resources);

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        return JsonDocument.Parse(text).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
