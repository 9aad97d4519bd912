using System.Collections.Frozen;
using System.Reflection;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.V0;

/// <summary>The wire name of an enum value: <c>TASK_RUNNING</c>, not <c>TaskRunning</c>.</summary>
public static class WireNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => Table<T>.Names.TryGetValue(value, out var name) ? name : value.ToString();

    private static class Table<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Names = typeof(T)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToFrozenDictionary(
                field => (T)field.GetValue(null)!,
                field => field.GetCustomAttribute<OriginalNameAttribute>()?.Name ?? field.Name);
    }
}
