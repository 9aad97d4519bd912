using System.Net;
using System.Net.Sockets;

namespace Plenum.Agent.Tests.Networking;

internal static class FreePort
{
    public static uint Next()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        return (uint)((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
