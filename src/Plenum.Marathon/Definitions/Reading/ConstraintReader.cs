namespace Plenum.Marathon.Definitions.Reading;

/// <summary>
/// A constraint of an app is an array: field, operator and, where the operator takes one, a value. That of a pod is an
/// object with these three.
/// </summary>
internal static class ConstraintReader
{
    public static Constraint? ReadArray(JsonField constraint)
    {
        var texts = constraint.Texts();
        if (texts is null)
        {
            return null;
        }

        if (texts.Count is < 2 or > 3)
        {
            constraint.Refuse("must have a field, an operator and at most one value");
            return null;
        }

        if (texts[0].Length == 0)
        {
            constraint.Refuse("missing field name");
            return null;
        }

        if (!WireNames.ConstraintOperators.TryParse(texts[1], out var operation))
        {
            constraint.Refuse($"operator must be one of the following {WireNames.ConstraintOperators.All}");
            return null;
        }

        // Answers of old releases print an operator without a value as if its value were empty.
        var value = texts.Count == 3 && texts[2].Length > 0 ? texts[2] : null;
        return new Constraint(texts[0], operation, value);
    }

    public static Constraint? ReadObject(JsonField constraint)
    {
        if (!constraint.RequireObject())
        {
            return null;
        }

        var field = constraint["fieldName"].RequiredText();
        if (!constraint["operator"].IsPresent)
        {
            constraint["operator"].Refuse("error.path.missing");
        }

        return constraint["operator"].Enumeration(WireNames.ConstraintOperators) is { } operation
            ? new Constraint(field, operation, constraint["value"].Text() is { Length: > 0 } value ? value : null)
            : null;
    }
}
