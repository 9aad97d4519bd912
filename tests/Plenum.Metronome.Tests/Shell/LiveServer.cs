using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Metronome.Core;
using Plenum.Scheduling.Tests;
using Plenum.Storage;

namespace Plenum.Metronome.Tests.Shell;

/// <summary>A whole server over real sockets, on a clock that stands until it is moved, with a cluster played by the test.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    // Only a bound: nothing here takes long, but the machine may be busy.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly MemoryStateStore _store = new();
    private MetronomeServer? _server;

    public ManualTime Clock { get; } = new();

    public ClusterTransport Cluster { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public static async Task<LiveServer> StartAsync()
    {
        var live = new LiveServer();
        await live.StartServerAsync();
        return live;
    }

    public async Task StopAsync()
    {
        Client.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartServerAsync();
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? json = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (text.Length == 0)
        {
            return (response.StatusCode, default);
        }

        using var document = JsonDocument.Parse(text);
        return (response.StatusCode, document.RootElement.Clone());
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path);
        status.ShouldBe(HttpStatusCode.OK, path);
        return body;
    }

    public async Task<JsonElement> PostAsync(string path, string json)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, path, json);
        status.ShouldBe(HttpStatusCode.Created, $"{path}: {body}");
        return body;
    }

    /// <summary>The event stream from this moment on: what happens after this returns comes through it.</summary>
    public async Task<JobEvents> EventsAsync()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new JobEvents(response, new StreamReader(await response.Content.ReadAsStreamAsync()), Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _store.DisposeAsync();
    }

    private async Task StartServerAsync()
    {
        _server = await MetronomeServer.StartAsync(
            new MetronomeOptions { Port = 0 }, Cluster, _store, Clock, NullLoggerFactory.Instance, CancellationToken.None);
        Client = new HttpClient { BaseAddress = _server.Address, Timeout = Patience };
    }
}
