using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Plenum.Marathon.Api.Routing;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Shell;

namespace Plenum.Marathon.Api;

/// <summary>
/// The v2 API over the orchestrator. One catch-all endpoint and a router of its own, because ids have several
/// segments with sub-resources behind them and clients do not keep paths tidy.
/// </summary>
internal sealed partial class MarathonApi
{
    private readonly IMarathon _marathon;
    private readonly MarathonApiOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly RouteTable _routes;

    internal MarathonApi(IMarathon marathon, MarathonApiOptions options, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        _marathon = marathon;
        _options = options;
        _timeProvider = timeProvider;
        _logger = loggers.CreateLogger<MarathonApi>();
        _routes = MarathonRoutes.Create(options, timeProvider);
    }

    public RouteTable Routes => _routes;

    public async Task HandleAsync(HttpContext context)
    {
        AddHeaders(context);
        var segments = RequestPath.Segments(context);
        var method = context.Request.Method;
        if (!_routes.TryFind(method, segments, out var route, out var values))
        {
            await Unrouted(_routes.MethodsOf(segments)).SendAsync(context);
            return;
        }

        ApiAnswer answer;
        try
        {
            answer = await route.Handle(new ApiCall(context, values, _marathon, _options, _timeProvider.GetUtcNow()));
        }
        catch (MarathonBusyException busy)
        {
            answer = new ApiProblem(503, busy.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left: nobody is there to answer.
            return;
        }
        catch (Exception stopping) when (stopping is MarathonStoppedException or OperationCanceledException)
        {
            // A proxy or client may try again elsewhere or later; a 500 would tell it not to.
            answer = new ApiProblem(503, new MarathonStoppedException().Message);
        }
        catch (BadHttpRequestException bad)
        {
            answer = new ApiProblem(bad.StatusCode, bad.Message);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(_logger, exception, method, route.Pattern.Text);
            answer = new ApiProblem(500, exception.Message);
        }

        if (!ReferenceEquals(answer, ApiAnswer.Streamed))
        {
            await answer.SendAsync(context);
        }
    }

    // 500 for a path that does not exist is the original's way, and clients tell features apart by it.
    private static ApiAnswer Unrouted(IReadOnlyList<string> methods)
    {
        if (methods.Count == 0)
        {
            return new ApiProblem(500, "URI not found");
        }

        ApiAnswer answer = new ApiProblem(405, "Method Not Allowed");
        return answer with { Allow = string.Join(", ", methods) };
    }

    private void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache, no-store, must-revalidate";
        headers.Pragma = "no-cache";
        headers.Expires = "0";
        headers["X-Marathon-Leader"] = $"{context.Request.Scheme}://{Leader(context)}";
        headers.XFrameOptions = "DENY";
        headers.XXSSProtection = "1; mode=block";
    }

    private string Leader(HttpContext context) => Server.SystemEndpoints.LeaderOf(_marathon.Options, context);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Route} failed; the client was told 500", EventName = "RequestFailed")]
        public static partial void RequestFailed(ILogger logger, Exception exception, string method, string route);
    }
}

internal static class MarathonApiEndpoints
{
    /// <summary>Puts the whole API, and the answer to every path that is not in it, on the server.</summary>
    public static void MapMarathonApi(
        this IEndpointRouteBuilder endpoints,
        IMarathon marathon,
        TimeProvider timeProvider,
        ILoggerFactory loggers,
        MarathonApiOptions? options = null)
    {
        options ??= new MarathonApiOptions
        {
            Definitions = new DefinitionOptions
            {
                DefaultRole = marathon.Options.DefaultRole,
                DefaultNetworkName = marathon.Options.DefaultNetworkName,
            },
        };
        var api = new MarathonApi(marathon, options, timeProvider, loggers);
        endpoints.Map("/{**path}", api.HandleAsync);
    }
}
