using Microsoft.AspNetCore.Http;

namespace Plenum.Http.Access;

/// <summary>How a role asks its policy.</summary>
public static class AccessPolicies
{
    /// <summary>False when the caller may not, who then has been told which rule it needs.</summary>
    public static async ValueTask<bool> PassesAsync(this IAccessPolicy access, AccessRule rule, HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(access);
        if (await access.AllowsAsync(rule, context))
        {
            return true;
        }

        await Answers.TextAsync(context, StatusCodes.Status403Forbidden, $"You may not do this: it needs '{rule}'");
        return false;
    }
}
