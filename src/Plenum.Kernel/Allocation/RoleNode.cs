namespace Plenum.Kernel.Allocation;

/// <summary>One path of the role tree. <see cref="Shareholder.Allocated"/> covers the whole subtree.</summary>
internal sealed class RoleNode : Shareholder
{
    public RoleNode(string path, string name, RoleNode? parent, double weight)
        : base(name, weight)
    {
        Path = path;
        Parent = parent;
        Leaf = new RoleLeaf(this);
    }

    public string Path { get; }

    public RoleNode? Parent { get; }

    /// <summary>During an allocation run: what quota still allows the role, its own or that of the nearest role above.</summary>
    public RoleAccount? Account { get; set; }

    public RoleLeaf Leaf { get; }

    /// <summary>Children, and the leaf while it has active frameworks.</summary>
    public SortedShares<Shareholder> Members { get; } = new();

    public int Children { get; set; }

    /// <summary>Active frameworks in the subtree; subtrees without any are not walked.</summary>
    public int ActiveInSubtree { get; set; }

    /// <summary>Those of them that answer their offers.</summary>
    public int PunctualInSubtree { get; set; }

    public override bool IsLate => PunctualInSubtree == 0;
}
