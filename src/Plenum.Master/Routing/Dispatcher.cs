using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Http.Access;
using Plenum.Master.Loop;

namespace Plenum.Master.Routing;

/// <summary>
/// The one place where requests come in: finds the route, checks the master's phase, the method and the access, and
/// turns what escapes a handler into an answer.
/// </summary>
internal sealed partial class Dispatcher(IAccessPolicy access, ILogger logger)
{
    private const string Prefix = "/master";

    private FrozenDictionary<string, MasterRoute[]> _routes = FrozenDictionary<string, MasterRoute[]>.Empty;
    private volatile MasterPhase _phase = MasterPhase.Recovering;

    public MasterPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Every path with its routes.</summary>
    public IReadOnlyDictionary<string, MasterRoute[]> Routes => Volatile.Read(ref _routes);

    /// <summary>Replaces the table; the larger one comes when the master leads.</summary>
    public void Use(IEnumerable<MasterRoute> routes)
    {
        Volatile.Write(ref _routes, routes
            .SelectMany(route => PathsOf(route).Select(path => (path, route)))
            .GroupBy(entry => entry.path, StringComparer.Ordinal)
            .ToFrozenDictionary(
                group => group.Key, group => group.Select(entry => entry.route).ToArray(), StringComparer.Ordinal));
    }

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (BadHttpRequestException exception)
        {
            await TryAnswerAsync(context, (HttpStatusCode)exception.StatusCode, exception.Message);
        }
        catch (MasterStoppedException exception)
        {
            await TryAnswerAsync(context, HttpStatusCode.ServiceUnavailable, exception.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            Log.CallerGone(logger, context.Request.Path);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, context.Request.Method, context.Request.Path);
            await TryAnswerAsync(
                context, HttpStatusCode.InternalServerError, "The master failed to answer; its log says why");
        }
    }

    private static IEnumerable<string> PathsOf(MasterRoute route)
    {
        yield return route.Path;
        yield return Prefix + route.Path;
        if (route.JsonAlias)
        {
            yield return $"{route.Path}.json";
            yield return $"{Prefix}{route.Path}.json";
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        if (path.Length > 1 && path[^1] == '/')
        {
            path = path[..^1];
        }

        // 1. Leadership comes before everything else, also before the question whether the path exists.
        var phase = Phase;
        var known = TryFind(context, path, out var routes);
        if (phase != MasterPhase.Leading && !(known && routes!.All(route => route.Needs == MasterPhase.Recovering)))
        {
            await Answers.TextAsync(context, HttpStatusCode.ServiceUnavailable, phase == MasterPhase.Stopped
                ? "This master has stopped"
                : "This master does not lead yet: it waits for the lead or reads its registry");
            return;
        }

        if (!known)
        {
            await Answers.TextAsync(context, HttpStatusCode.NotFound, $"There is nothing at '{path}'");
            return;
        }

        // 2. Method.
        foreach (var route in routes!)
        {
            if (route.Takes(context.Request.Method))
            {
                // 3. Access. The door to the operator calls asks again, with the rule of the call.
                if (await access.PassesAsync(route.Rule, context))
                {
                    await route.Handler(context);
                }

                return;
            }
        }

        context.Response.Headers.Allow = string.Join(", ", routes.Select(route => route.Method));
        await Answers.TextAsync(
            context,
            HttpStatusCode.MethodNotAllowed,
            $"'{path}' takes {string.Join(" or ", routes.Select(route => route.Method))}, not {context.Request.Method}");
    }

    /// <summary>
    /// Whole paths first; then those that leave one segment open, from the last one on, which may be anything
    /// but a slash; then those that leave their end open.
    /// </summary>
    private bool TryFind(HttpContext context, string path, [NotNullWhen(true)] out MasterRoute[]? routes)
    {
        var table = Volatile.Read(ref _routes);

        // A caller's own * (the role of all) is a name like any other, not the table's open segment.
        if (!path.Contains(MasterRoute.Any, StringComparison.Ordinal) && table.TryGetValue(path, out routes))
        {
            return true;
        }

        for (var end = path.Length; path.LastIndexOf('/', end - 1) is > 0 and var slash; end = slash)
        {
            if (table.TryGetValue($"{path[..slash]}/{MasterRoute.Any}{path[end..]}", out routes))
            {
                context.Items[MasterRoute.Name] = path[(slash + 1)..end];
                return true;
            }
        }

        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (table.TryGetValue($"{path[..slash]}/{MasterRoute.AnyRest}", out routes))
            {
                context.Items[MasterRoute.Name] = path[(slash + 1)..];
                return true;
            }
        }

        routes = null;
        return false;
    }

    private static async Task TryAnswerAsync(HttpContext context, HttpStatusCode status, string text)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Headers.Clear();
        await Answers.TextAsync(context, status, text);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A caller of {Path} hung up")]
        public static partial void CallerGone(ILogger logger, string path);

        [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);
    }
}
