using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;

namespace Plenum.Master.State;

/// <summary>How many tasks of an agent or framework are in each state, and with whom they share it.</summary>
internal sealed class TaskCounts
{
    private readonly int[] _byState = new int[StateNames.Count];

    /// <summary>The frameworks of an agent, or the agents of a framework.</summary>
    public SortedSet<string> Partners { get; } = new(StringComparer.Ordinal);

    public static (Dictionary<string, TaskCounts> ByAgent, Dictionary<string, TaskCounts> ByFramework) Of(
        ClusterSnapshot state)
    {
        var byAgent = new Dictionary<string, TaskCounts>(StringComparer.Ordinal);
        var byFramework = new Dictionary<string, TaskCounts>(StringComparer.Ordinal);
        foreach (var task in state.Tasks)
        {
            Count(task);
        }

        foreach (var framework in state.Frameworks)
        {
            foreach (var task in framework.CompletedTasks)
            {
                Count(task);
            }

            foreach (var task in framework.UnreachableTasks)
            {
                Count(task);
            }
        }

        return (byAgent, byFramework);

        void Count(TaskRecord task)
        {
            For(byAgent, task.AgentId.Value).Add(task.State, task.FrameworkId.Value);
            For(byFramework, task.FrameworkId.Value).Add(task.State, task.AgentId.Value);
        }
    }

    public static void Write(Utf8JsonWriter json, TaskCounts? counts)
    {
        foreach (var state in StateNames.Summarised)
        {
            json.WriteNumber(StateNames.Of(state), counts?._byState[(int)state] ?? 0);
        }
    }

    private static TaskCounts For(Dictionary<string, TaskCounts> all, string key)
    {
        if (!all.TryGetValue(key, out var counts))
        {
            all[key] = counts = new TaskCounts();
        }

        return counts;
    }

    private void Add(TaskState state, string partner)
    {
        _byState[(int)state]++;
        Partners.Add(partner);
    }
}
