using System.Globalization;
using System.Text.RegularExpressions;

namespace Plenum.Marathon.Definitions.Validation;

internal static partial class ConstraintValidator
{
    public static void Validate(ValueList<Constraint> constraints, Report report)
    {
        for (var i = 0; i < constraints.Count; i++)
        {
            if (Problem(constraints[i]) is { } problem)
            {
                report.At(i).Add(problem);
            }
        }
    }

    private static string? Problem(Constraint constraint)
    {
        var name = WireNames.ConstraintOperators.Of(constraint.Operator);
        switch (constraint.Operator)
        {
            case ConstraintOperator.Unique:
                return constraint.Value is null ? null : $"{name} takes no value";
            case ConstraintOperator.Cluster:
                return null;
            case ConstraintOperator.GroupBy:
                return constraint.Value is null || IsCount(constraint.Value)
                    ? null
                    : $"{name} takes a whole number of at least 1, or no value";
            case ConstraintOperator.MaxPer:
                return constraint.Value is not null && IsCount(constraint.Value)
                    ? null
                    : $"{name} needs a whole number of at least 1";
            case ConstraintOperator.Is:
                return constraint.Value is not null && IsForm().IsMatch(constraint.Value)
                    ? null
                    : $"{name} needs a value of letters, digits and any of _ / . -";
            default:
                if (constraint.Value is null)
                {
                    return $"{name} needs a regular expression";
                }

                return ConstraintPattern.TryCompile(constraint.Value, out _, out var error) ? null : error;
        }
    }

    private static bool IsCount(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1;

    [GeneratedRegex(@"^[a-zA-Z0-9_/.-]*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex IsForm();
}
