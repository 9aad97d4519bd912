using System.Net;
using System.Text;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Checking;

/// <summary>One GET to a task on loopback.</summary>
internal sealed class HttpQuestion
{
    /// <param name="address">An address of loopback, with scheme http.</param>
    /// <param name="network">The container's own, or null for the machine's.</param>
    /// <param name="deadline">A timestamp of the clock.</param>
    /// <param name="done">Called once, on the prober's thread: it may neither wait nor fail.</param>
    public HttpQuestion(Uri address, ContainerNetwork? network, long deadline, Action<ProbeEnd> done)
    {
        Place = new IPEndPoint(address.HostNameType == UriHostNameType.IPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, address.Port);
        Authority = address.Authority;
        // The path of a Uri is escaped: it cannot bring lines of its own.
        Request = Encoding.ASCII.GetBytes($"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {Authority}\r\nConnection: close\r\n\r\n");
        Network = network;
        Deadline = deadline;
        Done = done;
    }

    public IPEndPoint Place { get; }

    public string Authority { get; }

    public byte[] Request { get; }

    public ContainerNetwork? Network { get; }

    public long Deadline { get; }

    public Action<ProbeEnd> Done { get; }
}
