using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// What a framework asked for by REQUEST: amounts in one offer of one agent, of any or of a named one, for one
/// of its roles. Over when such an offer was made.
/// </summary>
internal sealed record ResourceWish(string Role, AgentId? Agent, ResourceQuantities Amounts, DateTimeOffset Since)
{
    public bool IsMetBy(string role, AgentId agent, ResourceQuantities offered)
    {
        if (!string.Equals(role, Role, StringComparison.Ordinal) || (Agent is { } wanted && wanted != agent))
        {
            return false;
        }

        foreach (var (name, millis) in Amounts.Amounts)
        {
            if (offered[name] < millis)
            {
                return false;
            }
        }

        return true;
    }
}
