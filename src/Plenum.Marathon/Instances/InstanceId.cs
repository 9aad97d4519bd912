using System.Diagnostics.CodeAnalysis;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

/// <summary>
/// Identity of an instance, <c>group_app.instance-&lt;uuid&gt;</c>. It survives restarts of the task;
/// the task's own id adds <c>._app.&lt;incarnation&gt;</c>, that of a
/// pod's container <c>.&lt;container&gt;.&lt;incarnation&gt;</c>.
/// </summary>
internal readonly record struct InstanceId(string Value) : IComparable<InstanceId>
{
    private const string Marker = ".instance-";
    private const string LegacyMarker = ".marathon-";

    // No container can have this name.
    private const string AppTask = "_app";

    public static InstanceId Create(PathId app, Guid unique) => new($"{app.SafePath}{Marker}{unique:D}");

    public string TaskIdOf(int incarnation) => TaskIdOf(AppTask, incarnation);

    public string TaskIdOf(string container, int incarnation) => $"{Value}.{container}.{incarnation}";

    /// <summary>
    /// The executor of a pod's tasks. Marathon's name for it stays the same over restarts; here a later incarnation has
    /// one of its own, since the executor before it may still be ending on the same agent.
    /// </summary>
    public string ExecutorIdOf(int incarnation)
    {
        var at = Value.LastIndexOf(Marker, StringComparison.Ordinal);
        var name = $"instance-{Value[..at]}.{Value[(at + Marker.Length)..]}";
        return incarnation == 1 ? name : $"{name}.{incarnation}";
    }

    /// <inheritdoc cref="TryParseTask(string, out InstanceId, out string?, out int)"/>
    public static bool TryParseTask(string taskId, out InstanceId instance, out int incarnation) =>
        TryParseTask(taskId, out instance, out _, out incarnation);

    /// <summary>
    /// Splits a task id into its instance, the pod's container (null: the task of an app) and the incarnation. An id
    /// with the instance's form but without a task part names the instance itself (incarnation 0): clients pass both to
    /// kill calls.
    /// </summary>
    public static bool TryParseTask(string taskId, out InstanceId instance, out string? container, out int incarnation)
    {
        // From the end, since a container may have a name that begins like the marker of an instance.
        var number = taskId.LastIndexOf('.');
        var name = number <= 0 ? -1 : taskId.LastIndexOf('.', number - 1);
        if (name > 0
            && TryParse(taskId[..name], out _)
            && int.TryParse(taskId.AsSpan(number + 1), System.Globalization.NumberStyles.None, null, out incarnation)
            && incarnation > 0
            && number > name + 1)
        {
            instance = new InstanceId(taskId[..name]);
            container = taskId[(name + 1)..number];
            container = container == AppTask ? null : container;
            return true;
        }

        incarnation = 0;
        container = null;
        instance = new InstanceId(taskId);
        return TryParse(taskId, out _);
    }

    public static bool TryParse(string value, [NotNullWhen(true)] out string? safePath)
    {
        // From the end: a path segment may itself hold ".instance-".
        var at = value.LastIndexOf(Marker, StringComparison.Ordinal);
        var length = Marker.Length;
        if (at < 0)
        {
            at = value.LastIndexOf(LegacyMarker, StringComparison.Ordinal);
            length = LegacyMarker.Length;
        }

        if (at <= 0 || at + length >= value.Length || value.IndexOf('.', at + length) >= 0)
        {
            safePath = null;
            return false;
        }

        safePath = value[..at];
        return true;
    }

    public int CompareTo(InstanceId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
