using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Api;

namespace Plenum.Marathon.Tests.Api;

/// <summary>The API on a real server on a free port of the loopback, over an orchestrator that runs nothing.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _server;

    private ApiHost(WebApplication server, FakeMarathon marathon)
    {
        _server = server;
        Marathon = marathon;
        Client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
    }

    public FakeMarathon Marathon { get; }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public static async Task<ApiHost> StartAsync(
        MarathonApiOptions? options = null, FakeMarathon? marathon = null, ILoggerFactory? loggers = null)
    {
        marathon ??= new FakeMarathon();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        server.MapMarathonApi(marathon, TimeProvider.System, loggers ?? NullLoggerFactory.Instance, options);
        await server.StartAsync();
        return new ApiHost(server, marathon);
    }

    public async Task<Answer> SendAsync(string method, string path, string? json = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address, path));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> GetAsync(string path) => SendAsync("GET", path);

    /// <summary>Posts an app that must be accepted.</summary>
    public async Task<Answer> CreateAsync(string id, string more = "")
    {
        var answer = await SendAsync("POST", "/v2/apps", $$"""{"id": "{{id}}", "cmd": "sleep 1" {{more}}}""");
        answer.Status.ShouldBe(201, answer.Body);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        Marathon.Events.Close();
        Client.Dispose();
        await _server.DisposeAsync();
    }
}

internal sealed record Answer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Body).ShouldNotBeNull();

    public string? Message => Json["message"]?.GetValue<string>();

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) =>
        new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
}
