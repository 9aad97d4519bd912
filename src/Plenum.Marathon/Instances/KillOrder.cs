using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Matching;

namespace Plenum.Marathon.Instances;

/// <summary>Chooses which instances go when a service shrinks.</summary>
internal static class KillOrder
{
    /// <summary>
    /// Sentenced instances first; then from the fullest GROUP_BY group, of a service on every agent the second one there; among equals who has the least to lose, and
    /// last by the service's kill selection.
    /// </summary>
    public static List<Instance> Select(
        RunSpec app,
        IEnumerable<Instance> candidates,
        int count,
        ImmutableArray<InstanceId> sentenced)
    {
        var chosen = new List<Instance>();
        var left = new List<Instance>();
        foreach (var candidate in candidates)
        {
            (sentenced.Contains(candidate.Id) ? chosen : left).Add(candidate);
        }

        left.Sort((one, other) => Compare(app.KillSelection, one, other));
        var field = app.Constraints.FirstOrDefault(constraint => constraint.Operator == ConstraintOperator.GroupBy)?.Field;
        Func<AgentPlace, string>? groupOf = app.IsDaemon ? place => place.AgentId
            : field is not null ? place => ConstraintEvaluator.FieldOf(place, field) ?? ""
            : null;
        while (chosen.Count < count && left.Count > 0)
        {
            var next = groupOf is null ? left[0] : FirstOfFullest(left, groupOf);
            left.Remove(next);
            chosen.Add(next);
        }

        return chosen;
    }

    /// <summary>Negative when <paramref name="one"/> goes first.</summary>
    public static int Compare(KillSelection selection, Instance one, Instance other)
    {
        var byWeight = Weight(one).CompareTo(Weight(other));
        if (byWeight != 0)
        {
            return byWeight;
        }

        var byAge = Age(one).CompareTo(Age(other));
        if (byAge == 0)
        {
            byAge = one.Sequence.CompareTo(other.Sequence);
        }

        return selection == KillSelection.YoungestFirst ? -byAge : byAge;
    }

    // An instance that was not placed yet costs nothing at all.
    private static int Weight(Instance instance) => instance.Condition switch
    {
        Condition.Scheduled or Condition.Provisioned => 0,
        Condition.Unreachable => 1,
        Condition.Staging => 2,
        Condition.Starting => 3,
        Condition.Running => 4,
        _ => 5,
    };

    private static DateTimeOffset Age(Instance instance) => instance.StartedAt ?? instance.StagedAt ?? instance.Since;

    private static Instance FirstOfFullest(List<Instance> ordered, Func<AgentPlace, string> groupOf)
    {
        var waiting = ordered.Find(instance => instance.Place is null);
        return waiting ?? ordered
            .GroupBy(instance => groupOf(instance.Place!))
            .MaxBy(group => group.Count())!
            .First();
    }
}
