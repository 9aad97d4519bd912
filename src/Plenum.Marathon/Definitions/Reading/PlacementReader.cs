namespace Plenum.Marathon.Definitions.Reading;

/// <summary>Reads <c>placement</c> of an app, or what a pod has beside constraints in its <c>scheduling.placement</c>.</summary>
internal static class PlacementReader
{
    /// <summary>Rules of one kind. Each is looked at for every agent; more than a handful nobody can foresee the effect of.</summary>
    public const int MaxRules = 50;

    /// <param name="origin">The group that relative ids start from.</param>
    public static Placement? Read(JsonField placement, PathId origin)
    {
        if (!placement.IsPresent || !placement.RequireObject())
        {
            return null;
        }

        var read = new Placement
        {
            Near = ReadRules(placement["near"], origin),
            Apart = ReadRules(placement["apart"], origin),
            Prefer = placement["prefer"].List(ReadPreference, MaxRules) ?? [],
            WaitSeconds = placement["waitSeconds"].Integer(0, Bounds.MaxSeconds) ?? 0,
        };
        if (read.WaitSeconds > 0 && !read.HasPreferences)
        {
            placement["waitSeconds"].Refuse("has no effect without a preference: give prefer, or a weight to a rule of near or apart");
        }

        return read;
    }

    private static ValueList<PlacementRule> ReadRules(JsonField rules, PathId origin) =>
        rules.List(rule => ReadRule(rule, origin), MaxRules) ?? [];

    /// <summary>An id alone is a rule that must hold for machines.</summary>
    private static PlacementRule? ReadRule(JsonField rule, PathId origin)
    {
        if (rule.Kind == System.Text.Json.JsonValueKind.String)
        {
            return rule.PathFrom(origin) is { } id ? new PlacementRule(id, PlacementRule.DefaultTopology, null) : null;
        }

        if (!rule.RequireObject())
        {
            return null;
        }

        if (!rule["app"].IsPresent)
        {
            rule["app"].Refuse("error.path.missing");
            return null;
        }

        return rule["app"].PathFrom(origin) is { } app
            ? new PlacementRule(
                app,
                rule["topology"].Text(minLength: 1) ?? PlacementRule.DefaultTopology,
                rule["weight"].Integer(1, Preference.MaxWeight))
            : null;
    }

    private static Preference? ReadPreference(JsonField preference)
    {
        if (!preference.RequireObject())
        {
            return null;
        }

        var field = preference["field"].RequiredText();
        if (!preference["operator"].IsPresent)
        {
            preference["operator"].Refuse("error.path.missing");
            return null;
        }

        var weight = preference["weight"].Integer(-Preference.MaxWeight, Preference.MaxWeight) ?? Preference.DefaultWeight;
        if (weight == 0)
        {
            preference["weight"].Refuse("must not be 0");
        }

        return preference["operator"].Enumeration(WireNames.ConstraintOperators) is { } operation
            ? new Preference(
                new Constraint(field, operation, preference["value"].Text() is { Length: > 0 } value ? value : null), weight)
            : null;
    }
}
