namespace Plenum.Marathon.Api.Routing;

/// <summary>
/// One call of the API. The rule is the name under which a later identity layer decides who may make it; there is no
/// way to declare a route without one.
/// </summary>
internal sealed record Route(string Method, RoutePattern Pattern, string Rule, Func<ApiCall, Task<ApiAnswer>> Handle) : IRoute
{
    public Route(string method, string pattern, string rule, Func<ApiCall, Task<ApiAnswer>> handle)
        : this(method, new RoutePattern(pattern), rule, handle)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(rule);
    }

    public Route(string method, string pattern, string rule, Func<ApiCall, ApiAnswer> handle)
        : this(method, pattern, rule, call => Task.FromResult(handle(call)))
    {
    }
}
