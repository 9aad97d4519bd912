using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Tests.Http;

/// <summary>The scheduler endpoint of a master whose answers a test decides, on a free loopback port.</summary>
internal sealed class MasterDouble : IAsyncDisposable
{
    internal const string StreamId = "stream-1";

    private readonly WebApplication _app;
    private readonly Channel<Outgoing> _outgoing = Channel.CreateUnbounded<Outgoing>();
    private int _callsInside;

    private MasterDouble(WebApplication app)
    {
        _app = app;
    }

    /// <summary>Answers instead of the usual 200 and 202 when it returns true.</summary>
    internal Func<Call, HttpContext, Task<bool>> Intercept { get; set; } = static (_, _) => Task.FromResult(false);

    internal ConcurrentQueue<(Call Call, string? StreamId, string? ContentType, string ConnectionId)> Seen { get; } = new();

    internal int MostCallsInside { get; private set; }

    internal Uri Address => new(_app.Urls.Single());

    internal static async Task<MasterDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var master = new MasterDouble(app);
        app.MapPost("/api/v1/scheduler", master.AnswerAsync);
        await app.StartAsync();
        return master;
    }

    internal void Send(Event sent) => _outgoing.Writer.TryWrite(new Outgoing(sent, null, false));

    internal void SendRaw(byte[] bytes) => _outgoing.Writer.TryWrite(new Outgoing(null, bytes, false));

    internal void EndStream() => _outgoing.Writer.TryComplete();

    internal void CutStream() => _outgoing.Writer.TryWrite(new Outgoing(null, null, true));

    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var isJson = string.Equals(context.Request.ContentType, "application/json", StringComparison.Ordinal);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = isJson ? MesosJson.Parse<Call>(body.ToArray()) : Call.Parser.ParseFrom(body.ToArray());
        Seen.Enqueue((call, context.Request.Headers["Mesos-Stream-Id"].FirstOrDefault(), context.Request.ContentType, context.Connection.Id));
        if (await Intercept(call, context))
        {
            return;
        }

        if (call.Type == Call.Types.Type.Subscribe)
        {
            await StreamAsync(context, isJson);
            return;
        }

        MostCallsInside = Math.Max(MostCallsInside, Interlocked.Increment(ref _callsInside));
        await Task.Yield();
        Interlocked.Decrement(ref _callsInside);
        context.Response.StatusCode = (int)HttpStatusCode.Accepted;
    }

    private async Task StreamAsync(HttpContext context, bool isJson)
    {
        context.Response.ContentType = context.Request.Headers.Accept;
        context.Response.Headers["Mesos-Stream-Id"] = StreamId;

        // Headers leave with the first flush only.
        await context.Response.Body.FlushAsync();
        var writer = new RecordWriter(context.Response.BodyWriter);
        await foreach (var outgoing in _outgoing.Reader.ReadAllAsync(context.RequestAborted))
        {
            if (outgoing.IsCut)
            {
                context.Abort();
                return;
            }

            if (outgoing.Raw is { } raw)
            {
                await context.Response.Body.WriteAsync(raw);
                await context.Response.Body.FlushAsync();
            }
            else
            {
                await writer.WriteAsync(outgoing.Event!, isJson);
            }
        }
    }

    private sealed record Outgoing(Event? Event, byte[]? Raw, bool IsCut);
}
