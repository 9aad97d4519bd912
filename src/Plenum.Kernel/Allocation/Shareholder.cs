namespace Plenum.Kernel.Allocation;

/// <summary>Something that competes for its dominant share: a role among its siblings, a framework in its role.</summary>
internal abstract class Shareholder(string name, double weight)
{
    public string Name { get; } = name;

    public double Weight { get; set; } = weight;

    public Holdings Allocated { get; } = new();

    /// <summary>How often it was served: of two with equal shares the one served less goes first.</summary>
    public long Allocations { get; set; }

    public double Share { get; private set; }

    /// <summary>
    /// Left its last offers unanswered until they expired. It goes behind everybody who answers, or it
    /// would hold the same resources again at once.
    /// </summary>
    public abstract bool IsLate { get; }

    /// <summary>Its lot in the weighted draw of the random sorter.</summary>
    public double Lot { get; set; }

    public static int Compare(Shareholder left, Shareholder right)
    {
        if (left.IsLate != right.IsLate)
        {
            return left.IsLate ? 1 : -1;
        }

        var order = left.Share.CompareTo(right.Share);
        if (order == 0)
        {
            order = left.Allocations.CompareTo(right.Allocations);
        }

        return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
    }

    public static int CompareLots(Shareholder left, Shareholder right) =>
        left.IsLate == right.IsLate ? left.Lot.CompareTo(right.Lot) : left.IsLate ? 1 : -1;

    /// <summary>Largest part of any one resource of the cluster, divided by the weight.</summary>
    public void Refresh(ScalarTotals cluster, IReadOnlyList<string> excluded) => Share = DominantShare(cluster, excluded) / Weight;

    /// <summary>Largest part of any one resource of the cluster.</summary>
    public double DominantShare(ScalarTotals cluster, IReadOnlyList<string> excluded)
    {
        var share = 0.0;
        for (var i = 0; i < cluster.Count; i++)
        {
            var (name, total) = cluster[i];
            if (total > 0 && !IsExcluded(excluded, name))
            {
                share = Math.Max(share, Allocated.Of(name) / (double)total);
            }
        }

        return share;
    }

    private static bool IsExcluded(IReadOnlyList<string> excluded, string name)
    {
        for (var i = 0; i < excluded.Count; i++)
        {
            if (string.Equals(excluded[i], name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
