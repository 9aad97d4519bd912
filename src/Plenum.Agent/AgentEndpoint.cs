using System.Globalization;
using System.Net;

namespace Plenum.Agent;

/// <summary>Where this agent's API answers, in the spellings that the world uses for it.</summary>
internal sealed record AgentEndpoint(string Hostname, IPAddress Address, int Port)
{
    public string Ip => Address.ToString();

    public string HostAndPort => string.Create(CultureInfo.InvariantCulture, $"{Ip}:{Port}");

    /// <summary>The process id of libprocess; clients take host and port out of it.</summary>
    public string Pid => $"slave(1)@{HostAndPort}";
}
