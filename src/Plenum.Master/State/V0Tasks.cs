using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Redaction;
using Plenum.Protocol.Resources;

namespace Plenum.Master.State;

/// <summary>Tasks and executors as the v0 endpoints show them.</summary>
internal static class V0Tasks
{
    public static void WriteTask(this Utf8JsonWriter json, TaskRecord task)
    {
        var definition = task.Definition;
        json.WriteStartObject();
        json.WriteString("id", task.Id.Value);
        json.WriteString("name", definition.Name);
        json.WriteString("framework_id", task.FrameworkId.Value);
        json.WriteString("executor_id", task.ExecutorId?.Value ?? "");
        json.WriteString("slave_id", task.AgentId.Value);
        json.WriteString("state", StateNames.Of(task.State));
        json.WriteResources("resources", task.Resources);
        if (definition.Limits.Count > 0)
        {
            json.WriteStartObject("limits");
            foreach (var (name, limit) in definition.Limits)
            {
                if (double.IsFinite(limit.Value))
                {
                    json.WriteNumber(name, limit.Value);
                }
                else
                {
                    // Mesos prints it bare too; no JSON number can say it.
                    json.WritePropertyName(name);
                    json.WriteRawValue("Infinity"u8, skipInputValidation: true);
                }
            }

            json.WriteEndObject();
        }

        json.WriteString("role", RoleOf(task.Resources));
        WriteStatuses(json, task);
        if (definition.HasUser)
        {
            json.WriteString("user", definition.User);
        }

        json.WriteLabels(definition.Labels);
        json.WriteMessage("discovery", definition.Discovery);
        json.WriteMessage("container", SecretValues.Hide(definition.Container));
        json.WriteMessage("health_check", SecretValues.Hide(definition.HealthCheck));
        json.WriteEndObject();
    }

    public static void WriteExecutor(this Utf8JsonWriter json, ExecutorRecord executor, bool withAgent)
    {
        json.WriteStartObject();
        json.WriteString("executor_id", executor.Id.Value);
        json.WriteString("name", executor.Info.Name);
        json.WriteString("framework_id", executor.FrameworkId.Value);
        json.WriteMessage("command", SecretValues.Hide(executor.Info.Command));
        json.WriteResources("resources", executor.Resources);
        json.WriteString("role", RoleOf(executor.Resources));
        json.WriteLabels(executor.Info.Labels);
        if (executor.Info.HasType)
        {
            json.WriteString("type", WireNames.Of(executor.Info.Type));
        }

        if (withAgent)
        {
            json.WriteString("slave_id", executor.AgentId.Value);
        }

        json.WriteEndObject();
    }

    // All resources of a task are allocated to one role.
    private static string RoleOf(ResourceSet resources)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.AllocationRole is { } role)
            {
                return role;
            }
        }

        return "*";
    }

    private static void WriteStatuses(Utf8JsonWriter json, TaskRecord task)
    {
        json.WriteStartArray("statuses");
        foreach (var status in task.Statuses)
        {
            json.WriteStartObject();
            json.WriteString("state", StateNames.Of(status.State));
            json.WriteDouble("timestamp", status.Timestamp);
            if (status.Labels is { } labels)
            {
                json.WriteLabels(labels);
            }

            json.WriteMessage("container_status", status.ContainerStatus);
            if (status.HasHealthy)
            {
                json.WriteBoolean("healthy", status.Healthy);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
