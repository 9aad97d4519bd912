using Plenum.Kernel.Registry;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Registry.V1;

namespace Plenum.Simulation.World;

/// <summary>The store all masters share: durable once committed, and only for the newest term.</summary>
internal sealed class SimStore(bool isFenced)
{
    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

    public long Term { get; private set; }

    /// <summary>
    /// Frameworks whose removal is durable, told or not: what still runs of them is on its way out. What a deposed
    /// master decided and could not write never happened.
    /// </summary>
    public HashSet<FrameworkId> Removed { get; } = [];

    /// <summary>Agents whose dismissal for ever is durable.</summary>
    public HashSet<AgentId> Gone { get; } = [];

    /// <summary>Keys that were ever durable. An identity that was told to somebody must be one of them.</summary>
    public HashSet<string> Written { get; } = new(StringComparer.Ordinal);

    public long NextTerm() => ++Term;

    public IReadOnlyList<KeyValuePair<string, byte[]>> Read() =>
        [.. _entries.Where(entry => entry.Key.StartsWith(RegistryKeys.Prefix, StringComparison.Ordinal))];

    public bool TryCommit(long term, IEnumerable<KeyValuePair<string, byte[]?>> writes)
    {
        if (isFenced && term != Term)
        {
            return false;
        }

        foreach (var (key, value) in writes)
        {
            if (value is null)
            {
                _entries.Remove(key);
                continue;
            }

            _entries[key] = value;
            Written.Add(key);
            if (key.StartsWith(Agents, StringComparison.Ordinal)
                && RegistryAgent.Parser.ParseFrom(value) is { Standing: RegistryAgent.Types.Standing.Gone } gone)
            {
                Gone.Add(gone.AgentInfo.Id);
            }

            if (key.StartsWith(Frameworks, StringComparison.Ordinal)
                && RegistryFramework.Parser.ParseFrom(value) is { UnregisteredTime: not null } removed)
            {
                Removed.Add(removed.FrameworkInfo.Id);
            }
        }

        return true;
    }

    private static string Agents => RegistryKeys.Prefix + "agents/";

    private static string Frameworks => RegistryKeys.Prefix + "frameworks/";
}
