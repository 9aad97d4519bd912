using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;

namespace Plenum.Master.State;

/// <summary>The body of <c>/roles</c>. Amounts are those of the role itself, without its descendants.</summary>
internal static class V0Roles
{
    public static void Write(Utf8JsonWriter json, ClusterSnapshot state)
    {
        var shares = RoleShares.Of(state);
        json.WriteStartObject();
        json.WriteStartArray("roles");
        foreach (var role in state.Roles)
        {
            var share = shares.GetValueOrDefault(role.Name) ?? RoleShares.None;
            json.WriteStartObject();
            json.WriteString("name", role.Name);
            json.WriteDouble("weight", role.Weight);

            // No role has a quota here, which Mesos shows as empty guarantees and limits.
            json.WriteStartObject("quota");
            json.WriteString("role", role.Name);
            json.WriteStartObject("guarantee");
            json.WriteEndObject();
            json.WriteStartObject("limit");
            json.WriteEndObject();
            json.WriteResources("consumed", share.Used + share.ReservedUnused, PortRanges.Empty);
            json.WriteEndObject();

            json.WriteResources("resources", share.Used + share.Offered, share.Ports);
            json.WriteResources("allocated", share.Used, PortRanges.Empty);
            json.WriteResources("offered", share.Offered, PortRanges.Empty);
            json.WriteResources("reserved", share.Reserved, PortRanges.Empty);
            json.WriteStrings("frameworks", role.Frameworks.Select(framework => framework.Value));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
