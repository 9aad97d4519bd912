using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>
/// Scalars that a framework or role holds, over all agents. A shared volume counts once for as long as any
/// offer or task of the holder has it: its size is there once, however often it is used.
/// </summary>
internal sealed class Holdings
{
    private readonly ScalarTotals _totals = new();

    // How often each is held. Few frameworks ever see a shared volume.
    private Dictionary<SharedVolume, int>? _shared;

    public bool IsZero => _totals.IsZero;

    public long Of(string name) => _totals.Of(name);

    public void Add(AgentId agent, ResourceSet resources)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.Kind == Value.Types.Type.Scalar && (!entry.IsShared || Count(agent, entry, entry.Uses) == entry.Uses))
            {
                _totals.Add(entry.Name, entry.Millis);
            }
        }
    }

    public void Subtract(AgentId agent, ResourceSet resources)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.Kind == Value.Types.Type.Scalar && (!entry.IsShared || Count(agent, entry, -entry.Uses) == 0))
            {
                _totals.Add(entry.Name, -entry.Millis);
            }
        }
    }

    public ResourceQuantities ToQuantities() => _totals.ToQuantities();

    /// <summary>How often it is held after the change.</summary>
    private int Count(AgentId agent, in ResourceEntry entry, int change)
    {
        _shared ??= [];
        var volume = new SharedVolume(agent, entry.Role, entry.PersistenceId);
        var count = _shared.GetValueOrDefault(volume) + change;
        if (count == 0)
        {
            _shared.Remove(volume);
        }
        else
        {
            _shared[volume] = count;
        }

        return count;
    }

    /// <summary>CREATE lets a persistence id be once in a role on an agent.</summary>
    private readonly record struct SharedVolume(AgentId Agent, string Role, string? Id);
}
