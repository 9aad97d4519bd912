using System.Text.Json;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

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

            // A role without quota shows empty guarantees and limits.
            var quota = state.Quotas.FirstOrDefault(quota => string.Equals(quota.Role, role.Name, StringComparison.Ordinal));
            json.WriteStartObject("quota");
            json.WriteString("role", role.Name);
            WriteAmounts(json, "guarantee", quota?.Guarantees);
            WriteAmounts(json, "limit", quota?.Limits);
            json.WriteResources("consumed", Consumed(shares, role.Name, share, quota is not null), PortRanges.Empty);
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

    /// <summary>What descendants hold counts against the quota of every role above them.</summary>
    private static ResourceQuantities Consumed(
        Dictionary<string, RoleShares> shares, string role, RoleShares own, bool withDescendants)
    {
        var consumed = own.Consumed;
        if (withDescendants)
        {
            foreach (var (name, share) in shares)
            {
                consumed = RoleName.IsStrictChild(name, role) ? consumed + share.Consumed : consumed;
            }
        }

        return consumed;
    }

    private static void WriteAmounts(
        Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, Value.Types.Scalar>>? amounts)
    {
        json.WriteStartObject(name);
        foreach (var (resource, amount) in (amounts ?? []).OrderBy(amount => amount.Key, StringComparer.Ordinal))
        {
            json.WriteDouble(resource, amount.Value);
        }

        json.WriteEndObject();
    }
}
