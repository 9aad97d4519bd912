using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Metrics;

/// <summary>Names for the ends of tasks: state, who said so and why, in the words of the v0 API.</summary>
internal static class TaskCauses
{
    public static string NameOf(TaskStatus status)
    {
        var state = StateNames.Of(status.State).ToLowerInvariant();
        var source = Old(WireNames.Of(status.Source));
        return status.HasReason
            ? $"master/{state}/{source}/{Old(WireNames.Of(status.Reason))}"
            : $"master/{state}/{source}";
    }

    private static string Old(string name) =>
        name.ToLowerInvariant().Replace("_agent", "_slave", StringComparison.Ordinal);
}
