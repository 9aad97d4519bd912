namespace Plenum.Kernel.Allocation;

/// <summary>
/// One role's quota and what its subtree holds, while a run divides the cluster. Accounts form a tree: the
/// parent is the nearest role above that has a quota, and what a role holds its parents hold too.
/// </summary>
internal sealed class RoleAccount(RoleQuota quota, RoleAccount? parent)
{
    public RoleQuota Quota { get; } = quota;

    public RoleAccount? Parent { get; } = parent;

    /// <summary>
    /// Reservations of the subtree, offered or not, and its unreserved resources that cannot be revoked,
    /// offered or used.
    /// </summary>
    public ScalarTotals Consumed { get; } = new();

    /// <summary>What the accounts right below still need together.</summary>
    public ScalarTotals NeededBelow { get; } = new();

    /// <summary>Some guarantee of the role or of one above it is open and this role may have a part of it.</summary>
    public bool HasClaim
    {
        get
        {
            for (var account = this; account is not null; account = account.Parent)
            {
                foreach (var (name, _) in account.Quota.Guarantees)
                {
                    if (Claim(name) > 0)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }

    /// <summary>The role itself or one above it is promised something of that name.</summary>
    public bool IsPromised(string name)
    {
        for (var account = this; account is not null; account = account.Parent)
        {
            if (account.Quota.Guarantees.ContainsKey(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What must stay free for the subtree: the rest of its own guarantee, or what the roles below still need
    /// where that is more, since their part of it may have gone to others of the subtree. What a limit forbids
    /// is not kept: nobody could have it.
    /// </summary>
    public long Needed(string name) => Math.Clamp(RoomToLimit(name), 0, Math.Max(OwnRest(name), NeededBelow.Of(name)));

    /// <summary>
    /// How much of what is kept free may go to this role: the rest of its own guarantee, and from each role
    /// above what that one is promised beyond the needs of all roles below it.
    /// </summary>
    public long Claim(string name)
    {
        var claim = 0L;
        for (var account = this; account is not null; account = account.Parent)
        {
            claim += account.OwnNeed(name);
        }

        return claim;
    }

    /// <summary>
    /// How much more the role may get under the limits on its way up; below zero when one of them is exceeded.
    /// A limit above keeps room for the open guarantees of the roles beside this one.
    /// </summary>
    public long Room(string name)
    {
        var (room, claim) = (long.MaxValue, 0L);
        for (var account = this; account is not null; account = account.Parent)
        {
            if (account.Quota.Limits.ContainsKey(name))
            {
                var left = account.RoomToLimit(name);
                room = Math.Min(room, Math.Min(left, claim + Math.Max(0, left - account.NeededBelow.Of(name))));
            }

            claim += account.OwnNeed(name);
        }

        return room;
    }

    /// <summary>This role or one above it holds more than its limit.</summary>
    public bool IsAboveLimit(string name)
    {
        for (var account = this; account is not null; account = account.Parent)
        {
            if (account.RoomToLimit(name) < 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Changes what the role and all above it hold; returns by how much the need of the topmost one changes.</summary>
    public long Hold(string name, long millis)
    {
        var (change, account) = (0L, this);
        while (true)
        {
            var before = account.Needed(name);
            account.Consumed.Add(name, millis);
            account.NeededBelow.Add(name, change);
            change = account.Needed(name) - before;
            if (account.Parent is not { } above)
            {
                return change;
            }

            account = above;
        }
    }

    /// <summary>What is open of its guarantee beyond the needs of all roles below it.</summary>
    public long OwnNeed(string name) => Math.Max(0, OwnRest(name) - NeededBelow.Of(name));

    private long OwnRest(string name) =>
        Quota.Guarantees.TryGetValue(name, out var guarantee) ? guarantee - Consumed.Of(name) : 0;

    private long RoomToLimit(string name) =>
        Quota.Limits.TryGetValue(name, out var limit) ? limit - Consumed.Of(name) : long.MaxValue;
}
