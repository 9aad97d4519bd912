using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Instances;

/// <summary>Task states by their names on the wire.</summary>
internal static class TaskStateNames
{
    private static readonly FrozenDictionary<TaskState, string> Names = Enum.GetValues<TaskState>()
        .ToFrozenDictionary(state => state, state =>
            typeof(TaskState).GetField(state.ToString())!
                .GetCustomAttributes(typeof(OriginalNameAttribute), false)
                .Cast<OriginalNameAttribute>()
                .Single()
                .Name);

    public static string Of(TaskState state) => Names[state];
}
