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
internal sealed record Constraint(string Field, ConstraintOperator Operator, string? Value = null)
{
    /// <summary>As people write it: <c>rack GROUP_BY 3</c>.</summary>
    public override string ToString() =>
        $"{Field} {WireNames.ConstraintOperators.Of(Operator)}{(Value is null ? "" : $" {Value}")}";
}
