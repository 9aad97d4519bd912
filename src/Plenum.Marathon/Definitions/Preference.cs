namespace Plenum.Marathon.Definitions;

/// <summary>A constraint that should hold rather than must; with a weight below 0 one that should not.</summary>
internal sealed record Preference(Constraint Rule, int Weight)
{
    public const int MaxWeight = 100;
    public const int DefaultWeight = 50;
}
