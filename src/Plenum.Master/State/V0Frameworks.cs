using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Master.State;

/// <summary>Frameworks as the v0 endpoints show them.</summary>
internal static class V0Frameworks
{
    /// <summary>What <c>/state-summary</c> and <c>/state</c> share, inside an object that the caller opened.</summary>
    public static void WriteFrameworkSummary(
        this Utf8JsonWriter json, FrameworkRecord framework, ClusterSnapshot state)
    {
        json.WriteString("id", framework.Id.Value);
        json.WriteString("name", framework.Info.Name);
        json.WriteResources("used_resources", framework.Used, UsedPorts(framework, state));
        json.WriteResources("offered_resources", framework.Offered, OfferedPorts(framework, state));
        json.WriteStrings("capabilities", framework.Info.Capabilities.Select(
            capability => WireNames.Of(capability.Type)));
        if (framework.Pid is { } pid)
        {
            // Only those of old drivers have one.
            json.WriteString("pid", pid);
        }

        json.WriteString("hostname", framework.Info.Hostname);
        json.WriteString("webui_url", framework.Info.WebuiUrl);
        json.WriteBoolean("active", framework.Active);
        json.WriteBoolean("connected", framework.Connected);
        json.WriteBoolean("recovered", framework.Recovered);
    }

    /// <param name="json">Where to.</param>
    /// <param name="framework">What.</param>
    /// <param name="state">The snapshot it is from.</param>
    /// <param name="fragments">Texts of tasks from an earlier answer, or null.</param>
    public static void WriteFramework(
        this Utf8JsonWriter json, FrameworkRecord framework, ClusterSnapshot state, TaskFragments.Pass? fragments)
    {
        var info = framework.Info;
        json.WriteStartObject();
        json.WriteFrameworkSummary(framework, state);
        json.WriteString("user", info.User);
        json.WriteDouble("failover_timeout", info.FailoverTimeout);
        json.WriteBoolean("checkpoint", info.Checkpoint);
        json.WriteTime("registered_time", framework.RegisteredTime);
        json.WriteTime("unregistered_time", framework.UnregisteredTime ?? DateTimeOffset.UnixEpoch);
        if (framework.ReregisteredTime is { } reregistered)
        {
            json.WriteTime("reregistered_time", reregistered);
        }

        if (info.HasPrincipal)
        {
            json.WriteString("principal", info.Principal);
        }

        json.WriteResources(
            "resources",
            framework.Used + framework.Offered,
            UsedPorts(framework, state) + OfferedPorts(framework, state));

        // Which of the two a reader finds tells it whether the framework speaks of many roles.
        if (info.Capabilities.Any(c => c.Type == FrameworkInfo.Types.Capability.Types.Type.MultiRole))
        {
            json.WriteStrings("roles", framework.Roles);
        }
        else
        {
            json.WriteString("role", info.Role);
        }

        WriteTasks(json, framework, state, fragments);
        WriteOffers(json, framework, state);
        json.WriteStartArray("executors");
        foreach (var executor in state.ExecutorsOf(framework.Id))
        {
            json.WriteExecutor(executor, withAgent: true);
        }

        json.WriteEndArray();
        json.WriteLabels(info.Labels);
        json.WriteMessage("offer_constraints", framework.OfferConstraints);
        json.WriteEndObject();
    }

    private static void WriteTasks(
        Utf8JsonWriter json, FrameworkRecord framework, ClusterSnapshot state, TaskFragments.Pass? fragments)
    {
        Write("tasks", state.TasksOf(framework.Id));
        Write("unreachable_tasks", framework.UnreachableTasks);
        Write("completed_tasks", framework.CompletedTasks);

        void Write(string name, IEnumerable<TaskRecord> tasks)
        {
            json.WriteStartArray(name);
            foreach (var task in tasks)
            {
                if (fragments is null)
                {
                    json.WriteTask(task);
                }
                else
                {
                    fragments.Write(json, task);
                }
            }

            json.WriteEndArray();
        }
    }

    private static void WriteOffers(Utf8JsonWriter json, FrameworkRecord framework, ClusterSnapshot state)
    {
        json.WriteStartArray("offers");
        foreach (var offer in state.OffersOf(framework.Id))
        {
            json.WriteStartObject();
            json.WriteString("id", offer.Id.Value);
            json.WriteString("framework_id", framework.Id.Value);
            json.WriteStartObject("allocation_info");
            json.WriteString("role", offer.Role);
            json.WriteEndObject();
            json.WriteString("slave_id", offer.AgentId.Value);
            json.WriteResources("resources", offer.Resources);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static PortRanges UsedPorts(FrameworkRecord framework, ClusterSnapshot state) => Union(
        state.TasksOf(framework.Id).Select(task => task.Resources.Ports)
            .Concat(state.ExecutorsOf(framework.Id).Select(executor => executor.Resources.Ports)));

    private static PortRanges OfferedPorts(FrameworkRecord framework, ClusterSnapshot state) =>
        Union(state.OffersOf(framework.Id).Select(offer => offer.Resources.Ports));

    // One sort instead of a merge for each task.
    private static PortRanges Union(IEnumerable<PortRanges> parts) =>
        PortRanges.From(parts.SelectMany(part => part));
}
