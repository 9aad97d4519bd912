using System.Diagnostics.CodeAnalysis;

namespace Plenum.Marathon.Api.Routing;

/// <summary>Routes in order of precedence: the first that fits the method and the path is taken.</summary>
internal class RouteTable<TRoute>(IReadOnlyList<TRoute> routes)
    where TRoute : class, IRoute
{
    public IReadOnlyList<TRoute> Routes => routes;

    public bool TryFind(
        string method,
        IReadOnlyList<string> segments,
        [NotNullWhen(true)] out TRoute? route,
        out RouteValues values)
    {
        foreach (var candidate in routes)
        {
            if (candidate.Method == method && candidate.Pattern.TryMatch(segments, out values))
            {
                route = candidate;
                return true;
            }
        }

        // Whatever can be read can be asked for its head.
        if (method == "HEAD")
        {
            return TryFind("GET", segments, out route, out values);
        }

        route = null;
        values = default;
        return false;
    }

    /// <summary>The methods that the path knows; empty when there is no such path.</summary>
    public IReadOnlyList<string> MethodsOf(IReadOnlyList<string> segments) =>
        [.. routes.Where(route => route.Pattern.TryMatch(segments, out _)).Select(route => route.Method).Distinct().Order()];
}

/// <summary>The routes of this API.</summary>
internal sealed class RouteTable(IReadOnlyList<Route> routes) : RouteTable<Route>(routes);
