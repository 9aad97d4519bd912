using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Plenum.Cli.Tests.Harness;

/// <summary>
/// Marathon under /marathon, Metronome under /metronome, the master under /mesos and the agent at the root of one server. Each
/// answer is given by the test; a request nobody gave an answer for is answered 500 and so fails it.
/// </summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private const string EventsPath = "/marathon/v2/events?event_type=deployment_success&event_type=deployment_failed";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _answers = new();
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _requests = new();

    private FakeCluster()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
        On("GET", EventsPath, SendEventsAsync);
        Answer("GET", "/marathon/v2/queue", """{"queue":[]}""");
    }

    public int Port => new Uri(_app.Urls.Single()).Port;

    public FakeTerminal Terminal { get; } = new();

    public Stream Input { get; set; } = Stream.Null;

    /// <summary>Changes asked for, in order: every request that is not a GET.</summary>
    public IEnumerable<string> Changes => Requests.Where(request => !request.StartsWith("GET", StringComparison.Ordinal));

    public IEnumerable<string> Requests => _requests;

    public static async Task<FakeCluster> StartAsync()
    {
        var cluster = new FakeCluster();
        await cluster._app.StartAsync();
        return cluster;
    }

    public void On(string method, string pathAndQuery, Func<HttpContext, Task> answer) => _answers[$"{method} {pathAndQuery}"] = answer;

    /// <summary>The answers come one after the other; the last one stays.</summary>
    public void Answer(string method, string pathAndQuery, params string[] bodies)
    {
        var next = -1;
        On(method, pathAndQuery, context => WriteAsync(context, 200, bodies[Math.Min(Interlocked.Increment(ref next), bodies.Length - 1)]));
    }

    public void Refuse(string method, string pathAndQuery, int status, string body) =>
        On(method, pathAndQuery, context => WriteAsync(context, status, body));

    public void Event(string json) => _events.Writer.TryWrite(json);

    public void Succeeds(string deploymentId) => Event($$"""{"eventType":"deployment_success","id":"{{deploymentId}}"}""");

    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<CliRun> RunAsync(CancellationToken cancellationToken, params string[] arguments) => CliRun.OfAsync(
        $"http://127.0.0.1:{Port}/marathon", $"127.0.0.1:{Port}/mesos/", Input, Terminal, new FastTime(), arguments, null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // The target as it came: what the client escaped stays escaped.
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var key = $"{context.Request.Method} {target}";
        var known = _answers.TryGetValue(key, out var answer);
        if (context.Request.Method != "GET" && context.Request.ContentType is null or "application/json")
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            _requests.Enqueue($"{key} {body}".TrimEnd());
        }
        else
        {
            _requests.Enqueue(key);
        }
        await (known ? answer!(context) : WriteAsync(context, 500, $$"""{"message":"unexpected: {{key}}"}"""));
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        try
        {
            await foreach (var json in _events.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync($"event: x\r\ndata: {json}\r\n\r\n");
                await context.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The client hung up: it has seen the end of its deployment.
        }
    }
}
