using System.Net;
using System.Net.Sockets;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Checking;

/// <summary>
/// Connections of the agent's own within a container's network: the socket is opened there and used from here, so that
/// a check needs no process.
/// </summary>
internal static class ProbeSocket
{
    public static Socket OpenIn(ContainerNetwork network, bool ipv6)
    {
        using var descriptor = NetworkWindow.OpenSocket(network.NamespacePath, ipv6);
        return new Socket(new SafeSocketHandle(descriptor.Release(), ownsHandle: true));
    }

    /// <summary>
    /// To an address: a redirect to a name would be looked up in the agent's own network, where it means something else.
    /// </summary>
    public static async ValueTask<Stream> ConnectAsync(ContainerNetwork network, DnsEndPoint target, CancellationToken cancellationToken)
    {
        var loopback = string.Equals(target.Host, "localhost", StringComparison.OrdinalIgnoreCase);
        if (!IPAddress.TryParse(loopback ? "127.0.0.1" : target.Host, out var address))
        {
            throw new IOException($"the answer leads to '{target.Host}', and a check follows addresses only");
        }

        var socket = OpenIn(network, address.AddressFamily == AddressFamily.InterNetworkV6);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, target.Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
