using System.Text.Json;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.State;

/// <summary>Agents as the v0 endpoints show them, under their old name.</summary>
internal static class V0Agents
{
    /// <summary>The members of a slave, inside an object that the caller opened.</summary>
    public static void WriteAgentMembers(this Utf8JsonWriter json, AgentRecord agent)
    {
        var info = agent.Info;
        json.WriteString("id", agent.Id.Value);
        json.WriteString("hostname", info.Hostname);
        json.WriteNumber("port", agent.Address?.Port ?? info.Port);
        json.WriteAttributes(info.Attributes);
        json.WriteMessage("domain", info.Domain);
        json.WriteString("pid", agent.Pid);
        json.WriteTime("registered_time", agent.RegisteredTime);
        if (agent.ReregisteredTime is { } reregistered)
        {
            json.WriteTime("reregistered_time", reregistered);
        }

        json.WriteResources("resources", agent.Total);
        json.WriteResources("used_resources", agent.Used);
        json.WriteResources("offered_resources", agent.Offered);
        json.WriteReserved("reserved_resources", agent.Total);
        json.WriteResources("unreserved_resources", agent.Total.Unreserved);
        json.WriteBoolean("active", agent.Active);
        json.WriteBoolean("deactivated", agent.Deactivated);
        json.WriteMessage("drain_info", agent.Drain);
        if (agent.DrainStarted is { } started)
        {
            json.WriteTime("estimated_drain_start_time_seconds", started);
        }

        json.WriteString("version", agent.Version);
        json.WriteStrings("capabilities", agent.Capabilities.Select(
            capability => WireNames.Of(capability.Type)));
    }

    /// <summary>What only <c>/slaves</c> adds: whole resources, with <c>role</c> for readers before 1.4.</summary>
    public static void WriteFullResources(this Utf8JsonWriter json, AgentRecord agent)
    {
        json.WriteStartObject("reserved_resources_full");
        foreach (var role in agent.Total.ReservedRoles)
        {
            json.WriteFull(role, agent.Total.ReservedTo(role));
        }

        json.WriteEndObject();
        json.WriteFull("unreserved_resources_full", agent.Total.Unreserved);
        json.WriteFull("used_resources_full", agent.Used);
        json.WriteFull("offered_resources_full", agent.Offered);
    }

    /// <summary>An agent of the registry that has not come back since this master started.</summary>
    public static void WriteRecoveredAgent(this Utf8JsonWriter json, AgentRecord agent)
    {
        json.WriteStartObject();
        json.WriteString("id", agent.Id.Value);
        json.WriteString("hostname", agent.Info.Hostname);
        json.WriteNumber("port", agent.Info.Port);
        json.WriteAttributes(agent.Info.Attributes);
        json.WriteMessage("domain", agent.Info.Domain);
        json.WriteResources("resources", agent.Total);
        json.WriteEndObject();
    }
}
