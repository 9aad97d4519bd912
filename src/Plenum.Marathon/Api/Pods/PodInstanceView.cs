using System.Collections.Immutable;
using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Pods;

/// <summary>One instance of a pod with its containers. <paramref name="pod"/> is what it was launched from.</summary>
internal sealed class PodInstanceView(Instance instance, PodDefinition pod, ImmutableArray<HealthResult> health)
{
    private const string Reported = "health-reported-by-mesos";
    private const string Unreported = "health-unreported-by-mesos";

    public Instance Instance { get; } = instance;

    public string State => Instance.Condition switch
    {
        Condition.Scheduled or Condition.Provisioned => "PENDING",
        Condition.Staging or Condition.Starting => "STAGING",
        Condition.Unreachable or Condition.UnreachableInactive => "DEGRADED",
        Condition.Running => IsHealthy ? "STABLE" : "DEGRADED",
        _ => "TERMINAL",
    };

    private bool IsHealthy => Instance.Containers.All(container => HealthOf(container) is not { Healthy: not true });

    private string? Message => Instance.Condition switch
    {
        Condition.Unreachable or Condition.UnreachableInactive => "pod instance has become unreachable",
        Condition.Running when !IsHealthy => "at least one container is not healthy",
        _ => null,
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Instance.Id.Value);
        writer.WriteString("status", State);
        writer.WriteMoment("statusSince", Instance.Since);
        writer.WriteOptional("message", Message);
        writer.WriteOptional("agentHostname", Instance.Place?.Host);
        writer.WriteOptional("agentId", Instance.Place?.AgentId);
        writer.WriteOptional("agentRegion", Instance.Place?.Region);
        writer.WriteOptional("agentZone", Instance.Place?.Zone);
        WriteResources(writer);
        WriteNetworks(writer);
        writer.WriteStartArray("containers");
        foreach (var container in Instance.Containers)
        {
            WriteContainer(writer, container);
        }

        writer.WriteEndArray();
        writer.WriteString("specReference", $"/v2/pods{Instance.App}::versions/{Instance.Version}");
        WriteVolumes(writer);
        writer.WriteMoment("lastUpdated", Instance.Since);
        writer.WriteMoment("lastChanged", Instance.Since);
        writer.WriteString("role", Instance.Role);
        writer.WriteEndObject();
    }

    // The default executor's share is added, whatever the pod says of its own: clients have always read this sum.
    private void WriteResources(Utf8JsonWriter writer)
    {
        var sum = new ExecutorResources().Demand;
        foreach (var container in Instance.Containers)
        {
            sum += IsLive(container) && pod.FindContainer(container.Name) is { } definition ? definition.Demand : default;
        }

        PodContainerWriter.WriteResources(writer, sum);
    }

    private void WriteNetworks(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("networks");
        foreach (var network in Instance.Containers.SelectMany(container => container.Networks).GroupBy(network => network.Name))
        {
            writer.WriteStartObject();
            writer.WriteOptional("name", network.Key);
            writer.WriteTexts("addresses", [.. network.SelectMany(entry => entry.Addresses).Distinct()]);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteContainer(Utf8JsonWriter writer, ContainerState container)
    {
        var definition = pod.FindContainer(container.Name);
        writer.WriteStartObject();
        writer.WriteString("name", container.Name);
        writer.WriteString("status", TaskStateNames.Of(container.Condition.ToTaskState()));
        writer.WriteMoment("statusSince", container.Since);
        writer.WriteOptional("message", container.Message);
        writer.WriteString("containerId", Instance.Id.TaskIdOf(container.Name, Instance.Incarnation));
        writer.WriteStartArray("endpoints");
        foreach (var endpoint in IsLive(container) ? definition?.Endpoints ?? [] : [])
        {
            WriteEndpoint(writer, endpoint, definition!, container);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("conditions");
        if (HealthOf(container) is { } verdict)
        {
            writer.WriteStartObject();
            writer.WriteString("name", "healthy");
            writer.WriteString("value", verdict.Healthy == true ? "true" : "false");
            writer.WriteString("reason", verdict.Healthy is null ? Unreported : Reported);
            writer.WriteMoment("lastChanged", verdict.Since);
            writer.WriteMoment("lastUpdated", verdict.Since);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (IsLive(container) && definition is not null)
        {
            PodContainerWriter.WriteResources(writer, definition.Demand);
        }

        if (container.Condition.IsTerminal())
        {
            WriteTermination(writer, container.Message);
        }

        writer.WriteMoment("lastUpdated", container.Since);
        writer.WriteMoment("lastChanged", container.Since);
        writer.WriteEndObject();
    }

    public static void WriteTermination(Utf8JsonWriter writer, string? message)
    {
        writer.WriteStartObject("termination");
        if (ExitText.CodeOf(message) is { } code)
        {
            writer.WriteNumber("exitCode", code);
        }

        writer.WriteOptional("message", message);
        writer.WriteEndObject();
    }

    private void WriteEndpoint(Utf8JsonWriter writer, PodEndpoint endpoint, PodContainer definition, ContainerState container)
    {
        writer.WriteStartObject();
        writer.WriteString("name", endpoint.Name);
        if (HostPortOf(endpoint) is { } port)
        {
            writer.WriteNumber("allocatedHostPort", port);
        }

        if (definition.HealthCheck?.Endpoint == endpoint.Name && HealthOf(container)?.Healthy is { } healthy)
        {
            writer.WriteBoolean("healthy", healthy);
        }

        writer.WriteEndObject();
    }

    /// <summary>Host ports are kept in the order of the endpoints that have one.</summary>
    private int? HostPortOf(PodEndpoint endpoint)
    {
        var index = 0;
        foreach (var candidate in pod.Endpoints.Where(candidate => candidate.HostPort is not null))
        {
            if (candidate.Name == endpoint.Name)
            {
                return index < Instance.HostPorts.Length ? Instance.HostPorts[index] : null;
            }

            index++;
        }

        return null;
    }

    /// <summary>Nothing without a check, and nothing before the container runs; until the agent reports there is no verdict.</summary>
    private (bool? Healthy, DateTimeOffset Since)? HealthOf(ContainerState container)
    {
        var index = pod.AgentCheckOf(container.Name);
        if (index < 0 || container.Condition is Condition.Scheduled or Condition.Provisioned or Condition.Staging or Condition.Starting)
        {
            return null;
        }

        var result = index < health.Length ? health[index] : null;
        return (result?.Alive, (result?.Alive == true ? result.FirstSuccess : result?.LastFailure) ?? container.Since);
    }

    private void WriteVolumes(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("localVolumes");
        foreach (var volume in Instance.Reservation?.Volumes ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("runSpecId", Instance.App.Text);
            writer.WriteString("containerPath", volume.ContainerPath);
            writer.WriteString("uuid", volume.Unique);
            writer.WriteString("persistenceId", volume.PersistenceIdOf(Instance.App));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static bool IsLive(ContainerState container) => container.Condition.HasTask() && container.Condition != Condition.Provisioned;
}
