using System.Text.Json;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.State;

/// <summary>
/// The body of <c>/hierarchical-allocator(1)/offer_constraints_debug</c>: which agents the frameworks' own
/// constraints exclude, role by role, and the roles that want no offers at all.
/// </summary>
internal static class V0OfferConstraints
{
    public static void Write(Utf8JsonWriter json, ClusterSnapshot state)
    {
        json.WriteStartObject();
        json.WriteStartObject("frameworks");
        foreach (var framework in state.Frameworks)
        {
            json.WriteStartObject(framework.Id.Value);
            json.WriteStrings("suppressed_roles", framework.SuppressedRoles);
            json.WriteStartObject("excluded_by_attribute_constraints");
            foreach (var role in framework.Roles)
            {
                json.WriteStrings(role, state.Agents.Where(agent => framework.Excludes(role, agent)).Select(agent => agent.Id.Value));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
