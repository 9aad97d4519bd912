using Plenum.Kernel.Agents;

namespace Plenum.Kernel.Allocation;

/// <summary>The machines an operator lets offers be made of; all of them unless a list was given.</summary>
internal sealed class AgentWhitelist
{
    private HashSet<string>? _hostnames;

    public void Replace(IReadOnlyCollection<string>? hostnames) =>
        _hostnames = hostnames is null ? null : new HashSet<string>(hostnames, StringComparer.OrdinalIgnoreCase);

    public bool Admits(AgentEntry agent) => _hostnames is null || _hostnames.Contains(agent.Info.Hostname);
}
