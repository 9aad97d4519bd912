using Plenum.Kernel.Allocation;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// An agent that is being cleared for a wish. Until the wish is met or the time is over nothing of the agent is
/// offered to others: what was freed for one would go to whoever comes next.
/// </summary>
internal sealed record AgentClaim(FrameworkClient Client, ResourceWish Wish, DateTimeOffset Until)
{
    public bool Stands(DateTimeOffset now) => now < Until && IsWanted;

    public bool IsWanted => Client.Active && Client.Framework.Wishes.Contains(Wish);
}
