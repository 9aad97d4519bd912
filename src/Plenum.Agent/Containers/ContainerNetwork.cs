using Plenum.Protocol.V1;

namespace Plenum.Agent.Containers;

/// <summary>The network a container's sockets belong to.</summary>
/// <param name="IsHost">It shares the machine's network: its ports are the machine's.</param>
/// <param name="NamespacePath">Names the namespace for whoever wants to enter it; valid while the container runs.</param>
internal sealed record ContainerNetwork(bool IsHost, string NamespacePath)
{
    /// <summary>The container that the namespace was made for; those nested in it share it. Null on the machine's network.</summary>
    public string? Holder { get; init; }

    /// <summary>Its networks with the addresses it has there.</summary>
    public IReadOnlyList<NetworkInfo> Networks { get; init; } = [];

    /// <summary>Null on the machine's network.</summary>
    public string? HostName { get; init; }

    /// <summary>Directory with its hosts, hostname and resolv.conf; null: the machine's own.</summary>
    public string? NameFiles { get; init; }
}
