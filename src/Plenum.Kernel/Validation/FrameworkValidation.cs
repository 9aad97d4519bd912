using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Validation;

/// <summary>What a framework may say of itself when it subscribes or updates itself.</summary>
internal static class FrameworkValidation
{
    /// <summary>Seconds whose nanoseconds still fit an int64.</summary>
    private const double MaxFailoverSeconds = 9_223_372_036.0;

    /// <summary>A framework with more roles than this makes every allocation pass pay for it.</summary>
    private const int MaxRoles = 1_000;

    /// <summary>
    /// The registry keeps it as one value, of which the store takes 16 MiB; a thousand roles with all their filters stay
    /// well below. Every snapshot and every list of frameworks carries it, too.
    /// </summary>
    private const int MaxInfoBytes = 1024 * 1024;

    /// <summary>Null, or the first rule that is broken.</summary>
    internal static string? Validate(FrameworkInfo info)
    {
        // First: the other rules name what they refuse.
        if (info.CalculateSize() is var size and > MaxInfoBytes)
        {
            return $"The framework info has {size} bytes and may have {MaxInfoBytes}: "
                + "shorten its labels, roles and offer filters, and keep what else belongs to the framework elsewhere";
        }

        if (info.Id is { Value.Length: > 0 } id && IdSyntax.Validate(id.Value) is { } idError)
        {
            return $"Framework ID '{id.Value}' is invalid: {idError}";
        }

        return ValidateRoles(info)
            ?? ValidateFailoverTimeout(info.FailoverTimeout)
            ?? ValidatePrincipal(info)
            ?? ValidateOfferFilters(info);
    }

    /// <summary>The list on SUBSCRIBE replaces the suppressed set: it may only name the framework's roles.</summary>
    internal static string? ValidateSuppressedRoles(FrameworkInfo info, IEnumerable<string> suppressedRoles)
    {
        var roles = RolesOf(info);
        return suppressedRoles.FirstOrDefault(role => !roles.Contains(role, StringComparer.Ordinal)) is { } stranger
            ? $"Suppressed role '{stranger}' is not one of the framework's roles"
            : null;
    }

    /// <summary>
    /// What may not change while a framework lives. On SUBSCRIBE only the principal counts: another
    /// user or checkpoint flag is silently kept at the old value there.
    /// </summary>
    internal static string? ValidateUpdate(FrameworkInfo known, FrameworkInfo updated, bool isSubscribe)
    {
        if (!string.Equals(known.Principal, updated.Principal, StringComparison.Ordinal)
            || known.HasPrincipal != updated.HasPrincipal)
        {
            return "Changing a framework's principal is not supported";
        }

        if (isSubscribe)
        {
            return null;
        }

        return !string.Equals(known.User, updated.User, StringComparison.Ordinal) ? "Changing a framework's user is not supported"
            : known.Checkpoint != updated.Checkpoint ? "Changing a framework's checkpoint flag is not supported"
            : null;
    }

    internal static bool Has(FrameworkInfo info, Capability capability)
    {
        foreach (var declared in info.Capabilities)
        {
            if (declared.Type == capability)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Roles the framework is offered for; one without MULTI_ROLE has exactly one.</summary>
    internal static IReadOnlyList<string> RolesOf(FrameworkInfo info) =>
        Has(info, Capability.MultiRole) ? info.Roles : [info.Role];

    private static string? ValidateRoles(FrameworkInfo info)
    {
        var isMultiRole = Has(info, Capability.MultiRole);
        if (isMultiRole && info.HasRole)
        {
            return "A framework with the MULTI_ROLE capability must not set 'role'";
        }

        if (!isMultiRole && info.Roles.Count > 0)
        {
            return "A framework without the MULTI_ROLE capability must not set 'roles'";
        }

        var roles = RolesOf(info);
        if (roles.Count > MaxRoles)
        {
            return $"A framework may have at most {MaxRoles} roles";
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var role in roles)
        {
            if (!seen.Add(role))
            {
                return $"Role '{role}' is listed twice";
            }

            if (RoleName.Validate(role) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? ValidateFailoverTimeout(double seconds) =>
        double.IsFinite(seconds) && seconds is >= 0 and <= MaxFailoverSeconds
            ? null
            : $"The failover_timeout of {seconds} seconds is not a duration";

    // Principals end up in reservations, paths of access rules and log lines.
    private static string? ValidatePrincipal(FrameworkInfo info) =>
        !info.HasPrincipal ? null
        : info.Principal.Length == 0 ? "The principal is empty"
        : info.Principal.Any(char.IsControl) ? "The principal contains control characters"
        : null;

    private static string? ValidateOfferFilters(FrameworkInfo info)
    {
        foreach (var (role, filters) in info.OfferFilters)
        {
            if (RoleName.Validate(role) is { } error)
            {
                return error;
            }

            foreach (var alternative in filters.MinAllocatableResources?.Quantities ?? [])
            {
                if (alternative.Quantities.Count == 0)
                {
                    return $"Offer filter of role '{role}': an alternative without any quantity";
                }

                foreach (var (name, quantity) in alternative.Quantities)
                {
                    if (!double.IsFinite(quantity.Value) || quantity.Value < 0)
                    {
                        return $"Offer filter of role '{role}': '{name}' must be a finite amount of at least 0";
                    }
                }
            }
        }

        return null;
    }
}
