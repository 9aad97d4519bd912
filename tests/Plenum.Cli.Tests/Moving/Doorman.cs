using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Plenum.Cli.Tests.Moving;

/// <summary>
/// Stands before a server and passes everything on. When asked to, it carries a number of changes out, the last one without
/// its answer, and then hangs up on everybody: what a client sees when the machine dies under it.
/// </summary>
internal sealed class Doorman : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly WebApplication _app;
    private readonly int _changes;
    private readonly Func<HttpRequest, bool> _admits;
    private readonly Func<Task>? _refused;
    private int _seen;

    private Doorman(
        Uri server, int changes, Func<HttpRequest, bool>? admits, Func<Task>? refused, Action<ListenOptions>? listen)
    {
        _http = new HttpClient { BaseAddress = server };
        _changes = changes;
        _admits = admits ?? (_ => true);
        _refused = refused;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => listen?.Invoke(options)));
        _app = builder.Build();
        _app.Run(PassAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<Doorman> StartAsync(
        Uri server, int changes = int.MaxValue, Func<HttpRequest, bool>? admits = null, Func<Task>? refused = null,
        Action<ListenOptions>? listen = null)
    {
        var doorman = new Doorman(server, changes, admits, refused, listen);
        await doorman._app.StartAsync();
        return doorman;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        if (!_admits(context.Request))
        {
            context.Response.StatusCode = 401;
            return;
        }
        var isChange = context.Request.Method != "GET";
        var number = isChange ? Interlocked.Increment(ref _seen) : Volatile.Read(ref _seen);
        if (number > _changes)
        {
            context.Abort();
            return;
        }
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        request.Headers.TryAddWithoutValidation("Accept", context.Request.Headers.Accept.ToString());
        if (isChange)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        }
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            if (isChange && number == _changes)
            {
                context.Abort();
                return;
            }
            if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.Forbidden && _refused is not null)
            {
                await _refused();
            }
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await context.Response.Body.FlushAsync();
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has what it wanted of an event stream.
        }
    }
}

