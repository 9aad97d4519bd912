using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Quota;

namespace Plenum.Kernel.Allocation;

/// <summary>What a quota may say, whatever the cluster looks like. Null, or the first rule that is broken.</summary>
internal static class QuotaRules
{
    /// <summary>Thousandths of this still fit an int64 a thousand times over.</summary>
    private const double MaxAmount = 1e12;

    public static string? Check(QuotaConfig config)
    {
        if (CheckRole(config.Role) is { } wrong)
        {
            return wrong;
        }

        foreach (var (name, amount) in config.Guarantees.Concat(config.Limits))
        {
            if (name.Length == 0 || !double.IsFinite(amount.Value) || amount.Value is < 0 or > MaxAmount)
            {
                return $"Quota of role '{config.Role}': '{name}' must be a finite amount of at least 0";
            }
        }

        var quota = new RoleQuota(config);
        foreach (var (name, guarantee) in quota.Guarantees)
        {
            if (quota.Limits.TryGetValue(name, out var limit) && guarantee > limit)
            {
                return $"Quota of role '{config.Role}': the guarantee of {Units(guarantee)} {name} is above the limit of {Units(limit)}";
            }
        }

        return null;
    }

    /// <summary>The older form has guarantees only, as plain resources.</summary>
    public static string? Check(QuotaRequest request)
    {
        if (!request.HasRole || request.Role.Length == 0)
        {
            return "The quota request has no role";
        }

        if (request.Guarantee.Count == 0)
        {
            return $"The quota request for role '{request.Role}' has no guarantee";
        }

        if (ResourceSet.Validate(request.Guarantee) is { } error)
        {
            return $"The guarantee of role '{request.Role}' is invalid: {error}";
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var resource in request.Guarantee)
        {
            var wrong = resource.Type != Value.Types.Type.Scalar ? "is not a scalar"
                : resource.Reservation is not null || resource.Reservations.Count > 0
                    || (resource.HasRole && !string.Equals(resource.Role, RoleName.Default, StringComparison.Ordinal)) ? "is reserved"
                : resource.Disk is not null ? "has disk information"
                : resource.Revocable is not null ? "is revocable"
                : !names.Add(resource.Name) ? "is listed twice"
                : null;
            if (wrong is not null)
            {
                return $"The guarantee of role '{request.Role}' is invalid: '{resource.Name}' {wrong}";
            }
        }

        return CheckRole(request.Role);
    }

    /// <summary>In that form the guarantee is the limit too.</summary>
    public static QuotaConfig ToConfig(QuotaRequest request)
    {
        var config = new QuotaConfig { Role = request.Role };
        foreach (var resource in request.Guarantee)
        {
            config.Guarantees[resource.Name] = resource.Scalar;
            config.Limits[resource.Name] = resource.Scalar;
        }

        return config;
    }

    /// <summary>
    /// What roles of one branch are promised must fit into each other: a role's guarantee covers those of the
    /// roles right below it together, so that the first level alone says what the cluster owes. A limit above
    /// a limit would promise what nobody can get.
    /// </summary>
    public static string? CheckTree(IReadOnlyDictionary<string, RoleQuota> quotas)
    {
        var below = new SortedDictionary<string, ScalarTotals>(StringComparer.Ordinal);
        foreach (var quota in quotas.Values)
        {
            if (CheckLimits(quota, quotas) is { } error)
            {
                return error;
            }

            var slash = quota.Role.LastIndexOf('/');
            if (slash < 0 || quota.Guarantees.Count == 0)
            {
                continue;
            }

            if (!below.TryGetValue(quota.Role[..slash], out var sum))
            {
                below.Add(quota.Role[..slash], sum = new ScalarTotals());
            }

            foreach (var (name, millis) in quota.Guarantees)
            {
                sum.Add(name, millis);
            }
        }

        foreach (var (role, sum) in below)
        {
            for (var i = 0; i < sum.Count; i++)
            {
                var (name, millis) = sum[i];
                var own = quotas.GetValueOrDefault(role)?.Guarantees.GetValueOrDefault(name) ?? 0;
                if (millis > own)
                {
                    return $"The roles right below '{role}' would be guaranteed {Units(millis)} {name} together, and '{role}' itself "
                        + $"is guaranteed {Units(own)}; raise that in the same call";
                }
            }
        }

        return null;
    }

    public static string Units(long millis) =>
        (millis / 1000m).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? CheckLimits(RoleQuota quota, IReadOnlyDictionary<string, RoleQuota> quotas)
    {
        for (var slash = quota.Role.LastIndexOf('/'); slash > 0; slash = quota.Role.LastIndexOf('/', slash - 1))
        {
            var above = quotas.GetValueOrDefault(quota.Role[..slash]);
            foreach (var (name, limit) in quota.Limits)
            {
                if (above is not null && above.Limits.TryGetValue(name, out var bound) && limit > bound)
                {
                    return $"The limit of role '{quota.Role}', {Units(limit)} {name}, is above that of '{above.Role}', {Units(bound)}";
                }
            }
        }

        return null;
    }

    private static string? CheckRole(string role) =>
        RoleName.Validate(role)
        ?? (string.Equals(role, RoleName.Default, StringComparison.Ordinal) ? "The default role '*' cannot have a quota"
            : null);
}
