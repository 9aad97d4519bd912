using Plenum.Kernel.Operators;
using Plenum.Kernel.Registry;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Preemption;

/// <summary>The operator gives priorities and takes them away.</summary>
internal sealed class PriorityDesk(KernelContext context, ClusterBook book)
{
    /// <summary>Each is an entry of the registry and a line of every listing.</summary>
    private const int MaxPriorities = 10_000;

    /// <summary>Room for any order an operator may think of, in numbers people can compare.</summary>
    private const int Highest = 1000;

    /// <summary>All or nothing: what is set, and which roles lose theirs.</summary>
    public OperatorRefusal? Change(IReadOnlyList<RolePriority> set, IReadOnlyList<string> removed)
    {
        if (set.Count + removed.Count > MaxPriorities)
        {
            return OperatorRefusal.Invalid($"One change may name at most {MaxPriorities} roles");
        }

        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (role, priority) in set)
        {
            if (Check(role, named) is { } wrong)
            {
                return OperatorRefusal.Invalid(wrong);
            }

            if (priority is < -Highest or > Highest)
            {
                return OperatorRefusal.Invalid($"The priority of role '{role}' must be from -{Highest} to {Highest}");
            }
        }

        foreach (var role in removed)
        {
            if (Check(role, named) is { } wrong)
            {
                return OperatorRefusal.Invalid(wrong);
            }
        }

        if (book.Priorities.Count + set.Count(priority => !book.Priorities.Has(priority.Role)) > MaxPriorities)
        {
            return OperatorRefusal.Invalid($"At most {MaxPriorities} roles may have a priority");
        }

        foreach (var priority in set)
        {
            book.Priorities.Set(priority);
            context.Write(priority);
        }

        foreach (var role in removed)
        {
            if (book.Priorities.Remove(role))
            {
                context.Delete(RegistryKeys.OfPriority(role));
            }
        }

        return null;
    }

    private static string? Check(string role, HashSet<string> named) =>
        RoleName.Validate(role) ?? (named.Add(role) ? null : $"Role '{role}' is listed twice");
}
