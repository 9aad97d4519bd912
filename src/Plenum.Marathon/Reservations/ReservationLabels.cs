using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Reservations;

/// <summary>
/// The labels on what the orchestrator reserves: they name its framework and the instance, in Marathon's words, since
/// operators look for these when they clean a cluster up.
/// </summary>
internal static class ReservationLabels
{
    private const string FrameworkKey = "marathon_framework_id";

    // Holds an instance's id; the name is from the time when tasks and instances were one.
    private const string InstanceKey = "marathon_task_id";

    public static Labels Of(string frameworkId, InstanceId instance) => new()
    {
        Labels_ =
        {
            new Label { Key = FrameworkKey, Value = frameworkId },
            new Label { Key = InstanceKey, Value = instance.Value },
        },
    };

    /// <summary>The instance a resource is reserved for; null when this framework did not reserve it.</summary>
    public static InstanceId? InstanceOf(Resource resource, string frameworkId)
    {
        // The reservation of a task is the innermost of a stack; before stacks there was one.
        var labels = resource.Reservations.Count > 0
            ? resource.Reservations[^1].Labels
            : resource.Reservation?.Labels;
        return ValueOf(labels, FrameworkKey) == frameworkId && ValueOf(labels, InstanceKey) is { } instance
            ? new InstanceId(instance)
            : null;
    }

    private static string? ValueOf(Labels? labels, string key) =>
        labels?.Labels_.FirstOrDefault(label => label.Key == key)?.Value;
}
