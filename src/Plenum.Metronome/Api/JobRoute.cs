using Plenum.Marathon.Api;
using Plenum.Marathon.Api.Routing;

namespace Plenum.Metronome.Api;

/// <summary>
/// One call of the API. The rule is the name under which a later identity layer decides who may make it; there is no
/// way to declare a route without one.
/// </summary>
internal sealed record JobRoute(string Method, RoutePattern Pattern, string Rule, Func<JobCall, Task<ApiAnswer>> Handle) : IRoute
{
    public JobRoute(string method, string pattern, string rule, Func<JobCall, Task<ApiAnswer>> handle)
        : this(method, new RoutePattern(pattern), rule, handle)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(rule);
    }

    public JobRoute(string method, string pattern, string rule, Func<JobCall, ApiAnswer> handle)
        : this(method, pattern, rule, call => Task.FromResult(handle(call)))
    {
    }
}
