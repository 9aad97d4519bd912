using Plenum.Marathon.Definitions;

namespace Plenum.Metronome.Definitions;

/// <summary>The words of the wire.</summary>
internal static class JobNames
{
    public static readonly WireNames<ConcurrencyPolicy> ConcurrencyPolicies = new(
        (ConcurrencyPolicy.Allow, "ALLOW"), (ConcurrencyPolicy.Forbid, "FORBID"));

    public static readonly WireNames<RestartPolicy> RestartPolicies = new(
        (RestartPolicy.Never, "NEVER"), (RestartPolicy.OnFailure, "ON_FAILURE"));

    /// <summary>EQ is an old word for IS and comes back as that.</summary>
    public static readonly WireNames<ConstraintOperator> Operators = new(
        (ConstraintOperator.Is, "IS"),
        (ConstraintOperator.Like, "LIKE"),
        (ConstraintOperator.Unlike, "UNLIKE"),
        (ConstraintOperator.Is, "EQ"));
}
