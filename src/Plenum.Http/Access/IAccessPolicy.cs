using Microsoft.AspNetCore.Http;

namespace Plenum.Http.Access;

/// <summary>
/// Where callers get identities one day: asked once for each request, with the rule of its route, for the
/// operator APIs once more with the rule of the call, and for files with the rule of their path.
/// </summary>
public interface IAccessPolicy
{
    ValueTask<bool> AllowsAsync(AccessRule rule, HttpContext context);
}
