using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Plenum.Marathon.Api.Routing;

/// <summary>
/// The segments of a request's path. Doubled and trailing slashes vanish and an encoded slash counts as one: DC/OS'
/// dashboard asks for <c>/v2/apps//my/app</c> and <c>/v2/groups/%2Fmy%2Fgroup</c>, its command line for <c>/v2/apps/</c>.
/// </summary>
internal static class RequestPath
{
    public static IReadOnlyList<string> Segments(HttpContext context)
    {
        // The parsed path cannot tell %2F from %252F any more; the raw target can. It has no path in a server that is
        // not Kestrel.
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        return Segments(string.IsNullOrEmpty(target) ? context.Request.Path.Value ?? "/" : target);
    }

    public static IReadOnlyList<string> Segments(string target)
    {
        var end = target.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? target : target[..end];
        var scheme = path.StartsWith('/') ? -1 : path.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0)
        {
            // The absolute form, as clients of proxies send it.
            var slash = path.IndexOf('/', scheme + 3);
            path = slash < 0 ? "/" : path[slash..];
        }

        return Uri.UnescapeDataString(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
    }
}
