using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Matching;

/// <summary>
/// How many places have each value of a field. A field is counted when it is asked for the first time and kept up from
/// then on, so that a rule costs a look-up and not a walk over all instances.
/// </summary>
/// <param name="places">All places at the moment, for a field that was not counted yet.</param>
internal sealed class PlaceCounts(Func<IEnumerable<AgentPlace>> places)
{
    private readonly Dictionary<string, Dictionary<string, int>> _fields = new(StringComparer.Ordinal);

    /// <summary>Every value with at least one place.</summary>
    public IReadOnlyDictionary<string, int> Of(string field)
    {
        if (!_fields.TryGetValue(field, out var counts))
        {
            _fields[field] = counts = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var place in places())
            {
                Change(counts, field, place, 1);
            }
        }

        return counts;
    }

    public int Count(string field, string value) => Of(field).GetValueOrDefault(value);

    /// <summary>To be called when the place is among all places already, or about to be.</summary>
    public void Added(AgentPlace place) => Change(place, 1);

    public void Removed(AgentPlace place) => Change(place, -1);

    private void Change(AgentPlace place, int by)
    {
        foreach (var (field, counts) in _fields)
        {
            Change(counts, field, place, by);
        }
    }

    private static void Change(Dictionary<string, int> counts, string field, AgentPlace place, int by)
    {
        if (ConstraintEvaluator.FieldOf(place, field) is not { } value)
        {
            return;
        }

        var count = counts.GetValueOrDefault(value) + by;
        if (count > 0)
        {
            counts[value] = count;
        }
        else
        {
            counts.Remove(value);
        }
    }
}
