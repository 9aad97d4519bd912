namespace Plenum.Marathon.Definitions;

internal sealed record UpgradeStrategy(double MinimumHealthCapacity, double MaximumOverCapacity)
{
    public static readonly UpgradeStrategy Default = new(1, 1);

    /// <summary>A volume that only one instance may hold leaves no room above the wanted count.</summary>
    public static readonly UpgradeStrategy Resident = new(0.5, 0);

    public static readonly UpgradeStrategy SingleInstance = new(0, 0);
}
