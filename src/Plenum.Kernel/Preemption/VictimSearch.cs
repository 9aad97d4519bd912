using Plenum.Kernel.Allocation;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// Chooses tasks whose end covers a deficit: of the lowest priorities that suffice, few (the one that covers most
/// of what is still missing first, which is the least number where one resource is short and close to it where
/// several are), and of equals the newest.
/// </summary>
internal sealed class VictimSearch(PriorityBook priorities, GuaranteeGuard guard)
{
    /// <summary>Only what was bought from the common pool can be given to somebody else, and only once.</summary>
    public bool IsCandidate(TaskEntry task, int below)
    {
        if (!task.HoldsResources || task.KillRequested || TaskStates.IsTerminal(task.Record.State) || priorities.Of(task.Role) >= below)
        {
            return false;
        }

        foreach (ref readonly var entry in task.Record.Resources.Entries)
        {
            if (!entry.IsUnreserved || entry.IsRevocable || entry.IsShared)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Null when they do not cover the deficit, or only with more than <paramref name="most"/>; with
    /// <paramref name="inPart"/> what can be done towards it.
    /// </summary>
    public List<TaskEntry>? Choose(List<TaskEntry> candidates, ScalarTotals deficit, int most, bool inPart = false)
    {
        var ceilings = new SortedSet<int>(candidates.Select(task => priorities.Of(task.Role)));
        List<TaskEntry>? part = null;
        foreach (var ceiling in ceilings)
        {
            var pool = candidates.FindAll(task => priorities.Of(task.Role) <= ceiling);
            pool.Sort(NewestFirst);
            var (chosen, isCovered) = Cover(pool, deficit, most);
            if (isCovered)
            {
                return chosen;
            }

            part = chosen;
        }

        return inPart ? part : null;
    }

    /// <summary>When it came to the cluster, as far as its statuses tell.</summary>
    public static double Since(TaskEntry task) => task.Record.Statuses is { IsEmpty: false } statuses && statuses[0].HasTimestamp
        ? statuses[0].Timestamp
        : task.Booked;

    private static int NewestFirst(TaskEntry left, TaskEntry right)
    {
        var order = Since(right).CompareTo(Since(left));
        order = order != 0 ? order : string.CompareOrdinal(left.Id.Value, right.Id.Value);
        return order != 0 ? order : string.CompareOrdinal(left.Framework.Id.Value, right.Framework.Id.Value);
    }

    private (List<TaskEntry> Chosen, bool IsCovered) Cover(List<TaskEntry> pool, ScalarTotals deficit, int most)
    {
        var chosen = new List<TaskEntry>();
        var open = Copy(deficit);
        guard.Begin();
        while (!IsCovered(open) && chosen.Count < most)
        {
            TaskEntry? best = null;
            var bestGain = 0.0;
            foreach (var task in pool)
            {
                var gain = Gain(task, open, deficit);
                if (gain > bestGain && !chosen.Contains(task) && guard.Allows(task))
                {
                    (best, bestGain) = (task, gain);
                }
            }

            if (best is null)
            {
                break;
            }

            chosen.Add(best);
            guard.Take(best);
            open.Subtract(best.Record.Resources);
        }

        var isCovered = IsCovered(open);
        if (isCovered)
        {
            Prune(chosen, open);
        }

        return (chosen, isCovered);
    }

    /// <summary>A later choice may have made an earlier one needless.</summary>
    private static void Prune(List<TaskEntry> chosen, ScalarTotals open)
    {
        for (var i = 0; i < chosen.Count; i++)
        {
            var without = Copy(open);
            without.Add(chosen[i].Record.Resources);
            if (IsCovered(without))
            {
                open.Add(chosen[i].Record.Resources);
                chosen.RemoveAt(i--);
            }
        }
    }

    private static double Gain(TaskEntry task, ScalarTotals open, ScalarTotals deficit)
    {
        var gain = 0.0;
        foreach (ref readonly var entry in task.Record.Resources.Entries)
        {
            if (entry.Kind == Value.Types.Type.Scalar && open.Of(entry.Name) is > 0 and var missing)
            {
                gain += Math.Min(entry.Millis, missing) / (double)deficit.Of(entry.Name);
            }
        }

        return gain;
    }

    private static ScalarTotals Copy(ScalarTotals totals)
    {
        var copy = new ScalarTotals();
        for (var i = 0; i < totals.Count; i++)
        {
            copy.Add(totals[i].Name, totals[i].Millis);
        }

        return copy;
    }

    private static bool IsCovered(ScalarTotals open)
    {
        for (var i = 0; i < open.Count; i++)
        {
            if (open[i].Millis > 0)
            {
                return false;
            }
        }

        return true;
    }
}
