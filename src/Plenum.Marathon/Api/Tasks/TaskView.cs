using System.Collections.Immutable;
using System.Text.Json;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Tasks;

/// <summary>
/// A task as clients read it. The five arrays are always there: marathon-lb pairs <c>ports</c> with
/// <c>servicePorts</c> by position and does not look whether they exist.
/// </summary>
internal static class TaskView
{
    /// <summary>
    /// The instances of the app that have a task, or volumes of one that ended, in the order of their ids.
    /// </summary>
    public static IEnumerable<Instance> TasksOf(MarathonSnapshot snapshot, PathId app) =>
        snapshot.FindRuntime(app)?.Instances.Values.Where(IsShown) ?? [];

    public static bool IsShown(Instance instance) => instance.Condition.HasTask() || instance.HoldsVolumes;

    public static void Write(Utf8JsonWriter writer, MarathonSnapshot snapshot, Instance instance)
    {
        var runtime = snapshot.FindRuntime(instance.App);
        var definition = snapshot.DefinitionOf(instance) as AppDefinition;
        writer.WriteStartObject();
        writer.WriteString("appId", instance.App.Text);
        writer.WriteString("id", instance.TaskId);
        writer.WriteString("host", instance.Place?.Host ?? "");
        writer.WriteString("state", TaskStateNames.Of(instance.Condition.ToTaskState()));
        writer.WriteString("role", instance.Role);
        WriteHealth(writer, instance, runtime);
        WriteCheck(writer, instance.Check);
        WriteAddresses(writer, instance.Addresses);
        WriteNumbers(writer, "ports", instance.HostPorts);
        WriteNumbers(writer, "servicePorts", definition?.ServicePorts ?? []);
        writer.WriteOptional("slaveId", instance.Place?.AgentId);
        writer.WriteMoment("stagedAt", instance.StagedAt);
        writer.WriteMoment("startedAt", instance.StartedAt);
        if (instance.Condition.HasTask())
        {
            writer.WriteString("version", instance.Version.ToString());
        }

        WriteVolumes(writer, instance);
        writer.WriteOptional("region", instance.Place?.Region);
        writer.WriteOptional("zone", instance.Place?.Zone);
        writer.WriteEndObject();
    }

    public static void WriteAll(Utf8JsonWriter writer, string name, MarathonSnapshot snapshot, IEnumerable<Instance> instances)
    {
        writer.WriteStartArray(name);
        foreach (var instance in instances)
        {
            Write(writer, snapshot, instance);
        }

        writer.WriteEndArray();
    }

    public static void WriteHealthResult(Utf8JsonWriter writer, HealthResult result)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("alive", result.Alive == true);
        writer.WriteNumber("consecutiveFailures", result.ConsecutiveFailures);
        writer.WriteString("instanceId", result.Instance.Value);
        writer.WriteMoment("firstSuccess", result.FirstSuccess);
        writer.WriteMoment("lastSuccess", result.LastSuccess);
        writer.WriteMoment("lastFailure", result.LastFailure);
        writer.WriteOptional("lastFailureCause", result.LastFailureCause);
        writer.WriteEndObject();
    }

    public static void WriteAddresses(Utf8JsonWriter writer, ImmutableArray<InstanceAddress> addresses)
    {
        writer.WriteStartArray("ipAddresses");
        foreach (var address in addresses)
        {
            writer.WriteStartObject();
            writer.WriteString("ipAddress", address.Address);
            writer.WriteString("protocol", address.IsIpv6 ? "IPv6" : "IPv4");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteNumbers(Utf8JsonWriter writer, string name, IReadOnlyList<int> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    private static void WriteVolumes(Utf8JsonWriter writer, Instance instance)
    {
        writer.WriteStartArray("localVolumes");
        foreach (var volume in instance.Reservation?.Volumes ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("runSpecId", instance.App.Text);
            writer.WriteString("containerPath", volume.ContainerPath);
            writer.WriteString("uuid", volume.Unique);
            writer.WriteString("persistenceId", volume.PersistenceIdOf(instance.App));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteHealth(Utf8JsonWriter writer, Instance instance, AppRuntime? runtime)
    {
        writer.WriteStartArray("healthCheckResults");
        if (runtime is not null && runtime.Health.TryGetValue(instance.Id, out var results))
        {
            foreach (var result in results)
            {
                WriteHealthResult(writer, result);
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteCheck(Utf8JsonWriter writer, CheckOutcome? check)
    {
        if (check is null)
        {
            return;
        }

        writer.WriteStartObject("checkResult");
        if (check.HttpStatus is { } status)
        {
            writer.WriteStartObject("http");
            writer.WriteNumber("statusCode", status);
            writer.WriteEndObject();
        }
        else if (check.TcpSucceeded is { } succeeded)
        {
            writer.WriteStartObject("tcp");
            writer.WriteBoolean("succeeded", succeeded);
            writer.WriteEndObject();
        }
        else if (check.ExitCode is { } exitCode)
        {
            writer.WriteStartObject("command");
            writer.WriteNumber("exitCode", exitCode);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
