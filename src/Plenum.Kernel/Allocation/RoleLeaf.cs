namespace Plenum.Kernel.Allocation;

/// <summary>
/// The frameworks of exactly one role. Where the role also has children, this competes with them as
/// the entry Mesos calls <c>.</c>, with weight 1.
/// </summary>
internal sealed class RoleLeaf(RoleNode role) : Shareholder(".", weight: 1)
{
    public RoleNode Role { get; } = role;

    /// <summary>Frameworks that get offers now.</summary>
    public SortedShares<FrameworkClient> ActiveClients { get; } = new();

    /// <summary>How many of <see cref="ActiveClients"/> answer their offers.</summary>
    public int Punctual { get; set; }

    /// <summary>Every framework that is in the role or still holds resources of it.</summary>
    public List<FrameworkClient> Clients { get; } = [];

    public override bool IsLate => Punctual == 0;
}
