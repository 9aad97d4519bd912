using Plenum.Protocol.V1;

namespace Plenum.Agent.Networking;

/// <summary>
/// A container wants a network namespace of its own, with one interface for each of these networks (eth0,
/// eth1, ... in order). None: it has loopback and nothing else.
/// </summary>
/// <param name="Networks">As the wire gives them, each with a name.</param>
internal sealed record NetworkRequest(IReadOnlyList<NetworkInfo> Networks)
{
    /// <summary>Interfaces of one container. Each is a run of several plugins; nobody is known to use more than three.</summary>
    public const int MaxNetworks = 16;
}
