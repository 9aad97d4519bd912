using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Operator;
using Plenum.Protocol.V1;

namespace Plenum.Master.State;

/// <summary>
/// The body of <c>/registrar(1)/registry</c>: what a master that starts anew would know, in the shape of Mesos' registry.
/// The snapshot it is made of is durable.
/// </summary>
internal static class V0Registry
{
    public static void Write(Utf8JsonWriter json, ClusterSnapshot state, MasterInfo master)
    {
        json.WriteStartObject();
        json.WriteStartObject("master");
        json.WriteMessage("info", master);
        json.WriteEndObject();

        json.WriteStartObject("slaves");
        json.WriteStartArray("slaves");
        foreach (var agent in state.Agents.Concat(state.RecoveredAgents))
        {
            json.WriteStartObject();
            json.WriteMessage("info", agent.Info);
            json.WriteMessage("drain_info", agent.Drain);
            json.WriteBoolean("deactivated", agent.Deactivated);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartObject("machines");
        json.WriteStartArray("machines");
        foreach (var machine in Machines(state))
        {
            json.WriteStartObject();
            json.WriteMessage("info", machine);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartArray("schedules");
        if (state.MaintenanceSchedule.Windows.Count > 0)
        {
            json.WriteMessage(state.MaintenanceSchedule);
        }

        json.WriteEndArray();
        WriteAllocation(json, state);
        WriteLost(json, "unreachable", state.UnreachableAgents);
        WriteLost(json, "gone", state.GoneAgents);
        json.WriteEndObject();
    }

    private static IEnumerable<MachineInfo> Machines(ClusterSnapshot state)
    {
        var windows = state.MaintenanceSchedule.Windows;
        foreach (var machine in state.MaintenanceStatus.DrainingMachines)
        {
            yield return Describe(machine.Id, MachineInfo.Types.Mode.Draining);
        }

        foreach (var machine in state.MaintenanceStatus.DownMachines)
        {
            yield return Describe(machine, MachineInfo.Types.Mode.Down);
        }

        MachineInfo Describe(MachineID id, MachineInfo.Types.Mode mode) => new()
        {
            Id = id,
            Mode = mode,
            Unavailability = windows.FirstOrDefault(window => window.MachineIds.Contains(id))?.Unavailability,
        };
    }

    private static void WriteAllocation(Utf8JsonWriter json, ClusterSnapshot state)
    {
        var quota = AllocationMessages.Quota(state);
        json.WriteStartArray("quota_configs");
        foreach (var config in quota.Configs)
        {
            json.WriteMessage(config);
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var weight in AllocationMessages.Weights(state).WeightInfos)
        {
            json.WriteStartObject();
            json.WriteMessage("info", weight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLost(Utf8JsonWriter json, string name, IReadOnlyList<AgentRecord> agents)
    {
        json.WriteStartObject(name);
        json.WriteStartArray("slaves");
        foreach (var agent in agents)
        {
            json.WriteStartObject();
            json.WriteMessage("id", agent.Id.ToWire());
            if (agent.UnreachableTime is { } since)
            {
                json.WriteMessage("timestamp", new TimeInfo { Nanoseconds = (since - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick });
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
