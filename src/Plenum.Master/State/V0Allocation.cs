using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Operator;

namespace Plenum.Master.State;

/// <summary>The bodies of <c>/weights</c>, <c>/quota</c> and <c>/maintenance</c>.</summary>
internal static class V0Allocation
{
    public static void WriteWeights(Utf8JsonWriter json, ClusterSnapshot state)
    {
        json.WriteStartArray();
        foreach (var (role, weight) in state.Weights)
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            json.WriteDouble("weight", weight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteQuota(Utf8JsonWriter json, ClusterSnapshot state) =>
        json.WriteMessage(AllocationMessages.Quota(state));

    public static void WriteSchedule(Utf8JsonWriter json, ClusterSnapshot state) => json.WriteMessage(state.MaintenanceSchedule);

    public static void WriteMaintenance(Utf8JsonWriter json, ClusterSnapshot state) => json.WriteMessage(state.MaintenanceStatus);
}
