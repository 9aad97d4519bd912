namespace Plenum.Agent.Networking;

/// <summary>What a container wants to be said in its hosts and resolv.conf files besides what its networks say.</summary>
internal sealed record NameResolution
{
    public static readonly NameResolution Default = new();

    /// <summary>Lines of the hosts file: an address and a name each.</summary>
    public IReadOnlyList<(string Address, string Name)> Hosts { get; init; } = [];

    public IReadOnlyList<string> NameServers { get; init; } = [];

    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    public IReadOnlyList<string> Options { get; init; } = [];

    public bool IsDefault => Hosts.Count + NameServers.Count + SearchDomains.Count + Options.Count == 0;
}
