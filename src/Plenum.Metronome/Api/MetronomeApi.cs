using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Plenum.Marathon.Api;
using Plenum.Marathon.Api.Routing;
using Plenum.Metronome.Core;
using Plenum.Metronome.Shell;

namespace Plenum.Metronome.Api;

/// <summary>The v0 and v1 API over the scheduler, and the answer to every path that is not in it.</summary>
internal sealed partial class MetronomeApi(IMetronome metronome, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<MetronomeApi>();

    public RouteTable<JobRoute> Routes { get; } = MetronomeRoutes.Create(clock);

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";

        // A job's name is one segment: with more of them it is another path, whatever a pattern makes of it.
        if (!Routes.TryFind(context.Request.Method, RequestPath.Segments(context), out var route, out var values)
            || (values.Id?.Contains('/', StringComparison.Ordinal) == true && route.Rule != "public"))
        {
            await JobProblem.UnknownRoute(path).SendAsync(context);
            return;
        }

        ApiAnswer answer;
        try
        {
            answer = await route.Handle(new JobCall(context, values, metronome, clock.GetUtcNow()));
        }
        catch (MetronomeBusyException busy)
        {
            answer = JobProblem.Of(503, busy.Message, path);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left: nobody is there to answer.
            return;
        }
        catch (Exception stopping) when (stopping is MetronomeStoppedException or OperationCanceledException)
        {
            // A proxy or client may try again elsewhere or later; a 500 would tell it not to.
            answer = JobProblem.Of(503, new MetronomeStoppedException().Message, path);
        }
        catch (BadHttpRequestException bad)
        {
            answer = JobProblem.Of(bad.StatusCode, bad.Message, path);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(_logger, exception, context.Request.Method, route.Pattern.Text);
            answer = JobProblem.Crashed(path);
        }

        if (!ReferenceEquals(answer, ApiAnswer.Streamed))
        {
            await answer.SendAsync(context);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Route} failed; the client was told 500", EventName = "RequestFailed")]
        public static partial void RequestFailed(ILogger logger, Exception exception, string method, string route);
    }
}

internal static class MetronomeApiEndpoints
{
    public static void MapMetronomeApi(
        this IEndpointRouteBuilder endpoints, IMetronome metronome, TimeProvider clock, ILoggerFactory loggers) =>
        endpoints.Map("/{**path}", new MetronomeApi(metronome, clock, loggers).HandleAsync);
}
