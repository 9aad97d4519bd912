using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Http.Access;

namespace Plenum.Agent.Http;

/// <summary>Finds the route of a request, with the spellings of a path that Mesos' clients use.</summary>
internal sealed partial class Router(IAccessPolicy access, ILogger logger)
{
    private const string JsonSuffix = ".json";

    /// <summary>The server has decoded %28 and %29 already; "slave%281%29" twice encoded is nobody's spelling.</summary>
    private const string Prefix = "/slave(1)";

    private Dictionary<string, List<AgentRoute>> _routes = new(StringComparer.Ordinal);

    /// <summary>Set when recovery is over.</summary>
    public bool Recovered { get; set; }

    /// <summary>Every path with its routes.</summary>
    public IReadOnlyDictionary<string, List<AgentRoute>> Routes => _routes;

    public void Use(IEnumerable<AgentRoute> routes)
    {
        var table = new Dictionary<string, List<AgentRoute>>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            Add(route.Path, route);
            if (route.JsonAlias)
            {
                Add(route.Path + JsonSuffix, route);
            }
        }

        _routes = table;

        void Add(string path, AgentRoute route)
        {
            if (!table.TryGetValue(path, out var list))
            {
                table[path] = list = [];
            }

            list.Add(route);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one request: the caller gets 500, the log gets the rest.")]
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (BadHttpRequestException exception)
        {
            await TryAnswerAsync(context, exception.StatusCode, exception.Message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            Log.CallerGone(logger, context.Request.Path);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, context.Request.Method, context.Request.Path);
            await TryAnswerAsync(context, StatusCodes.Status500InternalServerError, $"The agent failed: {exception.Message}");
        }
    }

    private bool TryFindAbove(string path, [NotNullWhen(true)] out List<AgentRoute>? routes)
    {
        for (var slash = path.LastIndexOf('/'); slash >= 0; slash = slash == 0 ? -1 : path.LastIndexOf('/', slash - 1))
        {
            if (_routes.TryGetValue($"{path[..(slash + 1)]}{AgentRoute.AllBelow}", out routes))
            {
                return true;
            }
        }

        routes = null;
        return false;
    }

    private async Task RouteAsync(HttpContext context)
    {
        var path = Normalise(context.Request.Path.Value ?? "/");
        if (!_routes.TryGetValue(path, out var routes)
            && !_routes.TryGetValue($"{path[..(path.LastIndexOf('/') + 1)]}{AgentRoute.Any}", out routes)
            && !TryFindAbove(path, out routes))
        {
            await Answers.TextAsync(context, StatusCodes.Status404NotFound, $"There is nothing at '{path}'");
            return;
        }

        foreach (var route in routes)
        {
            if (!route.Takes(context.Request.Method))
            {
                continue;
            }

            if (route.Recovered && !Recovered)
            {
                await Answers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "The agent has not finished recovery");
                return;
            }

            // The door to the operator calls asks again, with the rule of the call.
            if (await access.PassesAsync(route.Rule, context))
            {
                await route.Handler(context);
            }

            return;
        }

        var methods = string.Join(", ", routes.Select(static route => route.Method));
        context.Response.Headers.Allow = methods;
        await Answers.TextAsync(
            context,
            StatusCodes.Status405MethodNotAllowed,
            $"'{path}' takes {methods}, not {context.Request.Method}");
    }

    private static string Normalise(string path)
    {
        if (path.StartsWith(Prefix, StringComparison.Ordinal) && (path.Length == Prefix.Length || path[Prefix.Length] == '/'))
        {
            path = path[Prefix.Length..];
        }

        return path.Length > 1 ? path.TrimEnd('/') : path;
    }

    private static async Task TryAnswerAsync(HttpContext context, int status, string text)
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
