namespace Plenum.Marathon.Definitions;

internal enum ConstraintOperator
{
    Unique,
    Cluster,
    GroupBy,
    Like,
    Unlike,
    MaxPer,
    Is,
}

/// <summary>A rule about the agents an instance may be placed on.</summary>
internal sealed record Constraint(string Field, ConstraintOperator Operator, string? Value = null);
