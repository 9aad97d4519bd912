using Microsoft.AspNetCore.Http;

namespace Plenum.Http.Access;

/// <summary>The policy while callers have no identity: every listener is on loopback, and who is there may do everything.</summary>
public sealed class LocalAccess : IAccessPolicy
{
    public static readonly LocalAccess Instance = new();

    public ValueTask<bool> AllowsAsync(AccessRule rule, HttpContext context) => ValueTask.FromResult(true);
}
