using System.Net;
using System.Net.Sockets;
using Plenum.Http.Diagnostics;
using Plenum.Protocol.V1;

namespace Plenum.Master;

/// <summary>What this master says about itself; fixed once it listens.</summary>
internal sealed class MasterIdentity
{
    public MasterIdentity(MasterOptions options, IPEndPoint endpoint, DateTimeOffset startTime)
    {
        StartTime = startTime;
        Endpoint = endpoint;
        ClusterName = options.ClusterName;
        LogFile = options.LogFile;
        Info = new MasterInfo
        {
            Id = options.MasterId ?? Guid.NewGuid().ToString(),
            Ip = PackedAddress(endpoint.Address),
            Port = (uint)endpoint.Port,
            Pid = $"master@{endpoint}",
            Hostname = options.Hostname,
            Version = ProgramVersion.Api,
            Address = new Address
            {
                Hostname = options.Hostname,
                Ip = endpoint.Address.ToString(),
                Port = endpoint.Port,
            },
        };

        // What this master can do beyond the first Mesos; schedulers and tools look here before they use it.
        foreach (var type in (MasterInfo.Types.Capability.Types.Type[])
            [MasterInfo.Types.Capability.Types.Type.AgentUpdate, MasterInfo.Types.Capability.Types.Type.AgentDraining, MasterInfo.Types.Capability.Types.Type.QuotaV2])
        {
            Info.Capabilities.Add(new MasterInfo.Types.Capability { Type = type });
        }
    }

    public MasterInfo Info { get; }

    public IPEndPoint Endpoint { get; }

    public string ClusterName { get; }

    /// <summary>Null when this process writes its log to no file.</summary>
    public string? LogFile { get; }

    public DateTimeOffset StartTime { get; }

    /// <summary>Set when this master takes the lead.</summary>
    public DateTimeOffset ElectedTime { get; set; }

    /// <summary>Where a client should go: host of MasterInfo, port always explicit for the node client.</summary>
    public string RedirectLocation => $"//{Info.Hostname}:{Info.Port}";

    public static VersionInfo Version { get; } = ProgramVersion.Of(typeof(MasterIdentity).Assembly);

    // The old field is an IPv4 address in network byte order read as a little-endian number.
    private static uint PackedAddress(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? BitConverter.ToUInt32(address.GetAddressBytes()) : 0;
}
