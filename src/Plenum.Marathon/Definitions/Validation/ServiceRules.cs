namespace Plenum.Marathon.Definitions.Validation;

/// <summary>Rules that hold for apps and pods alike.</summary>
internal static class ServiceRules
{
    private static readonly string[] ReservedNames = ["restart", "tasks", "versions"];

    public static void ValidateId(PathId id, Report report)
    {
        if (id.IsRoot)
        {
            report.Add("must not be the root path");
        }
        else if (ReservedNames.Contains(id.Name))
        {
            // "/v2/apps/a/tasks" would be ambiguous.
            report.Add($"must not end with any of: {string.Join(", ", ReservedNames)}");
        }
    }

    public static void ValidateLimits(ResourceLimits? limits, double cpus, double mem, Report report)
    {
        if (limits?.Cpus < cpus)
        {
            report["cpus"].Add($"must be greater than or equal to the requested {cpus} cpus");
        }

        if (limits?.Mem < mem)
        {
            report["mem"].Add($"must be greater than or equal to the requested {mem} mem");
        }
    }

    public static void ValidateUnreachable(RunSpec spec, Report report)
    {
        var unreachable = spec.UnreachableStrategy;
        if (spec.IsResident && !unreachable.IsDisabled)
        {
            report.Add($"must be \"disabled\" for {(spec is PodDefinition ? "a pod" : "an app")} with persistent volumes");
        }
        else if (unreachable.InactiveAfterSeconds > unreachable.ExpungeAfterSeconds)
        {
            report.Add("inactiveAfterSeconds must be less than or equal to expungeAfterSeconds");
        }
    }

    /// <summary>
    /// On every agent: constraints choose the agents, and those that count other instances leave open which. Volumes that
    /// stay on an agent have no place to go with a count that follows the agents.
    /// </summary>
    public static void ValidateDaemon(RunSpec spec, Report constraints, Report volumes)
    {
        if (!spec.IsDaemon)
        {
            return;
        }

        for (var i = 0; i < spec.Constraints.Count; i++)
        {
            var constraint = spec.Constraints[i];
            if (constraint.Operator is ConstraintOperator.GroupBy or ConstraintOperator.MaxPer
                || (constraint.Operator == ConstraintOperator.Unique && constraint.Field is not ("hostname" or "@hostname"))
                || constraint is { Operator: ConstraintOperator.Cluster, Value: null or "" })
            {
                constraints.At(i).Add(
                    "must choose agents by themselves for what runs on every agent: CLUSTER with a value, IS, LIKE or UNLIKE");
            }
        }

        if (spec.IsResident)
        {
            volumes.Add("must not be persistent for what runs on every agent: use a volume of the host");
        }
    }

    public static void ValidateAcceptedRoles(RunSpec spec, Report report)
    {
        var kind = spec is PodDefinition ? "pod" : "app";
        if (spec.IsResident && spec.AcceptedResourceRoles is { IsEmpty: false } && spec.AcceptedResourceRoles != ["*"])
        {
            report.Add($"must be [\"*\"] for {(kind == "pod" ? "a pod" : "an app")} with persistent volumes");
            return;
        }

        foreach (var role in spec.AcceptedResourceRoles)
        {
            if (role != "*" && role != spec.Role)
            {
                report.Add($"can contain '*' and the {kind}'s role '{spec.Role}' only, not '{role}'");
            }
        }
    }

    /// <summary>
    /// The service at a path and those on the way to it exclude each other: an app, a pod and a group are never one.
    /// </summary>
    public static void ValidatePlace(Group root, RunSpec spec, Report report)
    {
        if (root.FindGroup(spec.Id) is { IsEmpty: false })
        {
            report.Add($"Groups and {Plural(spec)} may not have the same identifier: {spec.Id}");
        }

        if (root.FindSpec(spec.Id) is { } other && other.GetType() != spec.GetType())
        {
            report.Add($"Applications and Pods may not have the same identifier: {spec.Id}");
        }

        for (var parent = spec.Id.Parent; !parent.IsRoot; parent = parent.Parent)
        {
            if (root.FindSpec(parent) is { } above)
            {
                report.Add($"Groups and {Plural(above)} may not have the same identifier: {parent}");
            }
        }
    }

    private static string Plural(RunSpec spec) => spec is PodDefinition ? "Pods" : "Applications";
}
