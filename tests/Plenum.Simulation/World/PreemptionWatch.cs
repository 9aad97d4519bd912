using System.Globalization;
using System.Text.RegularExpressions;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;

namespace Plenum.Simulation.World;

/// <summary>
/// No task ends for a role whose priority is not higher, none that holds what cannot be given to another, none on an
/// agent that is not on offer or is to be maintained, and not too many at a time. What ended for whom it takes from the
/// kernel's log, and holds their number against the kernel's own count.
/// </summary>
internal sealed partial class PreemptionWatch(string master, int most)
{
    private long _preempted;

    public void AfterTick(List<KernelEffect> effects, Func<ClusterSnapshot> book)
    {
        var ended = 0;
        foreach (var effect in effects)
        {
            if (effect is KernelEffect.Note(var what) && EndsFor().Match(what) is { Success: true } match)
            {
                ended++;
                Check(book(), match.Groups["task"].Value, match.Groups["framework"].Value, match.Groups["role"].Value);
            }
        }

        _preempted += ended;
        if (ended > most)
        {
            throw new SimulationFailureException($"{master} ends {ended} tasks at once for more important ones");
        }
    }

    public void Look(ClusterSnapshot book)
    {
        if (book.Counters.TasksPreempted != _preempted)
        {
            throw new SimulationFailureException($"{master} preempted {book.Counters.TasksPreempted} tasks and its log has {_preempted}");
        }
    }

    private void Check(ClusterSnapshot book, string id, string framework, string forRole)
    {
        var task = book.Tasks.First(known => known.Id.Value == id && known.FrameworkId.Value == framework);
        var role = task.Resources.AllocationRoles[0];
        var (own, other) = (Priority(book, role), Priority(book, forRole));
        if (own >= other)
        {
            throw new SimulationFailureException($"{master} ends {id} of '{role}' (priority {own}) for '{forRole}' (priority {other})");
        }

        foreach (ref readonly var entry in task.Resources.Entries)
        {
            if (!entry.IsUnreserved || entry.IsRevocable || entry.IsShared)
            {
                throw new SimulationFailureException($"{master} ends {id}, which holds {task.Resources}, for '{forRole}'");
            }
        }

        var agent = book.FindAgent(task.AgentId);
        if (agent is not { Active: true } || IsToBeMaintained(book, agent))
        {
            throw new SimulationFailureException($"{master} ends {id} for '{forRole}' on {task.AgentId}, which is not on offer or is to be maintained");
        }
    }

    public static bool IsToBeMaintained(ClusterSnapshot book, AgentRecord agent) => book.MaintenanceSchedule.Windows.Any(
        window => window.MachineIds.Any(machine => machine.Hostname == agent.Info.Hostname));

    private static int Priority(ClusterSnapshot book, string role)
    {
        // Of the nearest role at or above it that has one.
        var nearest = book.Priorities
            .Where(known => role == known.Role || role.StartsWith($"{known.Role}/", StringComparison.Ordinal))
            .MaxBy(static known => known.Role.Length);
        return nearest?.Priority ?? 0;
    }

    [GeneratedRegex(@"^Task (?<task>\S+) of (?<framework>\S+) on \S+ ends: role '(?<role>[^']+)' ", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndsFor();
}
