namespace Plenum.Marathon.Api.Routing;

/// <summary>What a table of routes needs to know of one.</summary>
internal interface IRoute
{
    string Method { get; }

    RoutePattern Pattern { get; }
}
