using System.Diagnostics.CodeAnalysis;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

/// <summary>
/// Identity of an instance, <c>group_app.instance-&lt;uuid&gt;</c>. It survives restarts of the task;
/// the task's own id adds <c>._app.&lt;incarnation&gt;</c>.
/// </summary>
internal readonly record struct InstanceId(string Value) : IComparable<InstanceId>
{
    private const string Marker = ".instance-";
    private const string LegacyMarker = ".marathon-";
    private const string AppTask = "._app.";

    public static InstanceId Create(PathId app, Guid unique) => new($"{app.SafePath}{Marker}{unique:D}");

    public string TaskIdOf(int incarnation) => $"{Value}{AppTask}{incarnation}";

    /// <summary>
    /// Splits a task id into its instance and incarnation. An id with the instance's form but without
    /// a task part names the instance itself (incarnation 0): clients pass both to kill calls.
    /// </summary>
    public static bool TryParseTask(string taskId, out InstanceId instance, out int incarnation)
    {
        incarnation = 0;
        var end = taskId.LastIndexOf(AppTask, StringComparison.Ordinal);
        var head = end < 0 ? taskId : taskId[..end];
        instance = new InstanceId(head);
        if (!TryParse(head, out _))
        {
            return false;
        }

        return end < 0
            || (int.TryParse(taskId.AsSpan(end + AppTask.Length), System.Globalization.NumberStyles.None, null, out incarnation)
                && incarnation > 0);
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
