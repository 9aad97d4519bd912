using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Host;

/// <summary>
/// Whether an agent may go on under its identity with what it is started with now. Tasks that run were placed by what it
/// said before.
/// </summary>
internal static class Reconfiguration
{
    /// <summary>Null when the change is allowed; otherwise what changed, as a sentence for the operator.</summary>
    public static string? Problem(ReconfigurationPolicy policy, AgentInfo before, AgentInfo now)
    {
        if (policy == ReconfigurationPolicy.Any)
        {
            return null;
        }

        var had = ResourceSet.FromWire(before.Resources).Unallocated;
        var has = ResourceSet.FromWire(now.Resources).Unallocated;
        if (policy == ReconfigurationPolicy.Equal ? !has.Equals(had) : !has.Contains(had))
        {
            return $"its resources were {had} and are now {has}";
        }

        foreach (var attribute in before.Attributes)
        {
            if (!now.Attributes.Any(other => policy == ReconfigurationPolicy.Equal ? other.Equals(attribute) : Holds(other, attribute)))
            {
                return $"its attribute {attribute.Name} is missing or has another value";
            }
        }

        return policy == ReconfigurationPolicy.Equal && now.Attributes.Count != before.Attributes.Count
            ? "it has new attributes"
            : null;
    }

    // A number and a text are what they are; ranges may grow.
    private static bool Holds(Protocol.V1.Attribute now, Protocol.V1.Attribute before) =>
        now.Equals(before)
        || (now.Name == before.Name
            && now.Type == Value.Types.Type.Ranges
            && before.Type == Value.Types.Type.Ranges
            && before.Ranges.Range.All(old => now.Ranges.Range.Any(wide => wide.Begin <= old.Begin && wide.End >= old.End)));
}
