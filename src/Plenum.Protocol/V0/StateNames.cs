using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.V0;

/// <summary>Task states by their wire names; on the path of every task in <c>/state</c>, hence an array.</summary>
public static class StateNames
{
    /// <summary>The states that <c>/state-summary</c> counts, in its order.</summary>
    public static ImmutableArray<TaskState> Summarised { get; } =
    [
        TaskState.TaskStaging, TaskState.TaskStarting, TaskState.TaskRunning, TaskState.TaskKilling,
        TaskState.TaskFinished, TaskState.TaskKilled, TaskState.TaskFailed, TaskState.TaskLost,
        TaskState.TaskError, TaskState.TaskUnreachable,
    ];

    private static readonly string[] Names = MakeNames();

    public static int Count => Names.Length;

    public static string Of(TaskState state) =>
        (int)state >= 0 && (int)state < Names.Length ? Names[(int)state] : state.ToString();

    private static string[] MakeNames()
    {
        var states = Enum.GetValues<TaskState>();
        var names = new string[(int)states.Max() + 1];
        foreach (var state in states)
        {
            names[(int)state] = WireNames.Of(state);
        }

        return names;
    }
}
