using System.Globalization;
using System.Text.RegularExpressions;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Matching;

/// <summary>
/// Decides whether an agent satisfies the constraints of an app, given where its counted instances are.
/// An agent that lacks the field passes UNLIKE only.
/// </summary>
internal static class ConstraintEvaluator
{
    private const int MaxCachedPatterns = 1000;

    // A pattern comes from a user and an attribute from an operator: the engine without backtracking keeps the
    // matching linear.
    private const RegexOptions PatternOptions = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    [ThreadStatic]
    private static Dictionary<string, Regex?>? _patterns;

    /// <param name="app">Its instance count is what GROUP_BY divides.</param>
    /// <param name="placed">The counted instances: current configuration, placed, not given up.</param>
    /// <param name="known">Every agent seen, for GROUP_BY without a number.</param>
    public static bool IsMet(RunSpec app, AgentPlace place, PlacedInstances placed, PlaceCounts known) =>
        FirstUnmet(app, place, placed, known) is null;

    /// <inheritdoc cref="IsMet(RunSpec, AgentPlace, PlacedInstances, PlaceCounts)"/>
    public static Constraint? FirstUnmet(RunSpec app, AgentPlace place, PlacedInstances placed, PlaceCounts known)
    {
        foreach (var constraint in app.Constraints)
        {
            if (!IsMet(constraint, app.Instances, place, placed, known))
            {
                return constraint;
            }
        }

        return null;
    }

    public static string? FieldOf(AgentPlace place, string field) => field switch
    {
        "hostname" or "@hostname" => place.Host,
        "@region" => place.Region,
        "@zone" => place.Zone,
        _ => place.Attributes.GetValueOrDefault(field),
    };

    /// <summary>Whether the whole text matches. A pattern that cannot be read matches nothing.</summary>
    public static bool Matches(string pattern, string text) => PatternOf(pattern)?.IsMatch(text) == true;

    public static bool IsMet(
        Constraint constraint,
        int instances,
        AgentPlace place,
        PlacedInstances placed,
        PlaceCounts known)
    {
        var value = FieldOf(place, constraint.Field);
        if (value is null)
        {
            return constraint.Operator == ConstraintOperator.Unlike;
        }

        return constraint.Operator switch
        {
            ConstraintOperator.Unique => placed.Counts.Count(constraint.Field, value) == 0,
            ConstraintOperator.Cluster => constraint.Value is { Length: > 0 } wanted
                ? value == wanted
                : placed.First is not { } first || FieldOf(first, constraint.Field) == value,
            ConstraintOperator.GroupBy => IsEven(constraint, instances, value, placed, known),
            ConstraintOperator.Like => Matches(constraint.Value ?? "", value),
            ConstraintOperator.Unlike => !Matches(constraint.Value ?? "", value),
            ConstraintOperator.MaxPer =>
                int.TryParse(constraint.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var most)
                && placed.Counts.Count(constraint.Field, value) < most,
            ConstraintOperator.Is => value == Canonical(constraint.Value ?? ""),
            _ => throw new InvalidOperationException($"operator {constraint.Operator} has no meaning"),
        };
    }

    /// <summary>
    /// With N groups and I instances each group takes I div N, and I mod N groups may take one more; a new group
    /// opens while fewer than N are used. Without a number, N is the count of values seen on agents so far.
    /// </summary>
    private static bool IsEven(Constraint constraint, int instances, string value, PlacedInstances placed, PlaceCounts known)
    {
        var counts = placed.Counts.Of(constraint.Field);
        var given = int.TryParse(constraint.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0;
        var groups = given ? number : SeenValues(value, counts, known.Of(constraint.Field));
        if (!counts.TryGetValue(value, out var count))
        {
            return counts.Count < groups;
        }

        var (least, spare) = Math.DivRem(instances, groups);
        return count < least
            || (count == least && counts.Values.Sum(used => Math.Max(0, used - least)) < spare);
    }

    /// <summary>Of the agents known, of those that are lost but still hold instances, and of the one at hand.</summary>
    private static int SeenValues(string value, IReadOnlyDictionary<string, int> used, IReadOnlyDictionary<string, int> known) =>
        known.Count
        + used.Keys.Count(other => !known.ContainsKey(other))
        + (known.ContainsKey(value) || used.ContainsKey(value) ? 0 : 1);

    private static string Canonical(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var scalar)
            && Math.Abs(scalar) < 1e15
                ? AttributeText.OfScalar(scalar)
                : value;

    private static Regex? PatternOf(string pattern)
    {
        _patterns ??= new Dictionary<string, Regex?>(StringComparer.Ordinal);
        if (_patterns.TryGetValue(pattern, out var known))
        {
            return known;
        }

        if (_patterns.Count >= MaxCachedPatterns)
        {
            _patterns.Clear();
        }

        return _patterns[pattern] = Compile(pattern);
    }

    // Java's look-arounds and back references are not expressible in a linear engine: those take the other
    // engine with a time limit.
    private static Regex? Compile(string pattern)
    {
        var whole = $@"\A(?:{pattern})\z";
        try
        {
            return new Regex(whole, PatternOptions, TimeSpan.FromMilliseconds(100));
        }
        catch (NotSupportedException)
        {
            return new Regex(whole, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
