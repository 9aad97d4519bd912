namespace Plenum.Kernel.Allocation;

/// <summary>One role's quota and what its subtree holds, while a run divides the cluster.</summary>
internal sealed class RoleAccount(RoleQuota quota)
{
    public RoleQuota Quota { get; } = quota;

    /// <summary>
    /// Reservations of the subtree, offered or not, and its unreserved resources that cannot be revoked,
    /// offered or used.
    /// </summary>
    public ScalarTotals Consumed { get; } = new();

    public bool HasUnsatisfied
    {
        get
        {
            foreach (var (name, guarantee) in Quota.Guarantees)
            {
                if (guarantee > Consumed.Of(name))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>How much of the promise is still open.</summary>
    public long Unsatisfied(string name) =>
        Quota.Guarantees.TryGetValue(name, out var guarantee) ? Math.Max(0, guarantee - Consumed.Of(name)) : 0;

    /// <summary>How much more the role may get; below zero when it holds too much already.</summary>
    public long RoomToLimit(string name) =>
        Quota.Limits.TryGetValue(name, out var limit) ? limit - Consumed.Of(name) : long.MaxValue;
}
