using System.Text.Json;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Pods;

/// <summary>A pod with its instances, as clients read how it does.</summary>
internal sealed class PodStatusView(MarathonSnapshot snapshot)
{
    public void Write(Utf8JsonWriter writer, PodDefinition pod)
    {
        var runtime = snapshot.FindRuntime(pod.Id);
        var instances = (runtime?.Instances.Values ?? [])
            .Where(IsShown)
            .Select(instance => new PodInstanceView(
                instance, snapshot.DefinitionOf(instance) as PodDefinition ?? pod, runtime!.Health.GetValueOrDefault(instance.Id, [])))
            .ToList();
        var since = instances.Select(view => view.Instance.Since).Append(pod.Version.Moment).Max();
        writer.WriteStartObject();
        writer.WriteString("id", pod.Id.Text);
        writer.WritePropertyName("spec");
        PodWriter.Write(writer, pod);
        writer.WriteString("status", instances.Count(view => view.State == "STABLE") >= pod.Instances ? "STABLE" : "DEGRADED");
        writer.WriteMoment("statusSince", since);
        writer.WriteStartArray("instances");
        foreach (var view in instances)
        {
            view.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("terminationHistory");
        if (runtime?.LastFailure is { } failure)
        {
            WriteTermination(writer, failure);
        }

        writer.WriteEndArray();
        writer.WriteMoment("lastUpdated", since);
        writer.WriteMoment("lastChanged", since);
        writer.WriteEndObject();
    }

    /// <summary>One that was never launched has nothing to show; one that starts again is still the one clients know.</summary>
    private static bool IsShown(Instance instance) =>
        instance.Condition != Condition.Scheduled || instance.Incarnation > 1 || instance.HoldsVolumes;

    // The last failure of the pod is what is kept: one entry.
    private static void WriteTermination(Utf8JsonWriter writer, TaskFailure failure)
    {
        writer.WriteStartObject();
        writer.WriteString(
            "instanceID", InstanceId.TryParseTask(failure.TaskId, out var instance, out _) ? instance.Value : failure.TaskId);
        writer.WriteMoment("startedAt", failure.StartedAt ?? failure.Timestamp);
        writer.WriteMoment("terminatedAt", failure.Timestamp);
        writer.WriteString("message", failure.Message);
        writer.WriteStartArray("containers");
        writer.WriteStartObject();
        writer.WriteString("containerId", failure.TaskId);
        writer.WriteString("lastKnownState", failure.State);
        PodInstanceView.WriteTermination(writer, failure.Message);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
