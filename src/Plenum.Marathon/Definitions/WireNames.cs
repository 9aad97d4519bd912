namespace Plenum.Marathon.Definitions;

/// <summary>The wire's words for an enumeration: read in any case, written in the canonical one.</summary>
internal sealed class WireNames<T>
    where T : struct, Enum
{
    private readonly (T Value, string Name)[] _names;

    public WireNames(params (T Value, string Name)[] names) => _names = names;

    public string All => string.Join(", ", _names.Select(entry => entry.Name));

    public string Of(T value)
    {
        foreach (var (candidate, name) in _names)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
            {
                return name;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, "has no name on the wire");
    }

    public bool TryParse(string name, out T value)
    {
        foreach (var (candidate, candidateName) in _names)
        {
            if (string.Equals(candidateName, name, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }
}

internal static class WireNames
{
    public static readonly WireNames<ServiceMode> ServiceModes = new((ServiceMode.Service, "service"), (ServiceMode.Daemon, "daemon"));

    public static readonly WireNames<NetworkMode> NetworkModes = new(
        (NetworkMode.Container, "container"), (NetworkMode.Bridge, "container/bridge"), (NetworkMode.Host, "host"));

    public static readonly WireNames<PortProtocol> PortProtocols = new(
        (PortProtocol.Tcp, "tcp"), (PortProtocol.Udp, "udp"), (PortProtocol.UdpAndTcp, "udp,tcp"));

    public static readonly WireNames<ContainerEngine> Engines = new(
        (ContainerEngine.Docker, "DOCKER"), (ContainerEngine.Mesos, "MESOS"));

    public static readonly WireNames<IpcMode> IpcModes = new(
        (IpcMode.Private, "PRIVATE"), (IpcMode.ShareParent, "SHARE_PARENT"));

    public static readonly WireNames<VolumeMode> VolumeModes = new(
        (VolumeMode.ReadWrite, "RW"), (VolumeMode.ReadOnly, "RO"));

    public static readonly WireNames<PersistentVolumeType> PersistentVolumeTypes = new(
        (PersistentVolumeType.Root, "root"),
        (PersistentVolumeType.Path, "path"),
        (PersistentVolumeType.Mount, "mount"));

    public static readonly WireNames<CsiAccessMode> CsiAccessModes = new(
        (CsiAccessMode.SingleNodeWriter, "SINGLE_NODE_WRITER"),
        (CsiAccessMode.SingleNodeReaderOnly, "SINGLE_NODE_READER_ONLY"),
        (CsiAccessMode.MultiNodeReaderOnly, "MULTI_NODE_READER_ONLY"),
        (CsiAccessMode.MultiNodeSingleWriter, "MULTI_NODE_SINGLE_WRITER"),
        (CsiAccessMode.MultiNodeMultiWriter, "MULTI_NODE_MULTI_WRITER"));

    public static readonly WireNames<CsiAccessType> CsiAccessTypes = new(
        (CsiAccessType.Block, "block"), (CsiAccessType.Mount, "mount"));

    public static readonly WireNames<HealthCheckProtocol> HealthCheckProtocols = new(
        (HealthCheckProtocol.Http, "HTTP"),
        (HealthCheckProtocol.Https, "HTTPS"),
        (HealthCheckProtocol.Tcp, "TCP"),
        (HealthCheckProtocol.Command, "COMMAND"),
        (HealthCheckProtocol.MesosHttp, "MESOS_HTTP"),
        (HealthCheckProtocol.MesosHttps, "MESOS_HTTPS"),
        (HealthCheckProtocol.MesosTcp, "MESOS_TCP"));

    public static readonly WireNames<IpProtocol> IpProtocols = new(
        (IpProtocol.IPv4, "IPv4"), (IpProtocol.IPv6, "IPv6"));

    public static readonly WireNames<ReadinessProtocol> ReadinessProtocols = new(
        (ReadinessProtocol.Http, "HTTP"), (ReadinessProtocol.Https, "HTTPS"));

    public static readonly WireNames<KillSelection> KillSelections = new(
        (KillSelection.YoungestFirst, "YOUNGEST_FIRST"), (KillSelection.OldestFirst, "OLDEST_FIRST"));

    public static readonly WireNames<TaskLostBehavior> TaskLostBehaviors = new(
        (TaskLostBehavior.WaitForever, "WAIT_FOREVER"),
        (TaskLostBehavior.RelaunchAfterTimeout, "RELAUNCH_AFTER_TIMEOUT"));

    public static readonly WireNames<ConstraintOperator> ConstraintOperators = new(
        (ConstraintOperator.Unique, "UNIQUE"),
        (ConstraintOperator.Cluster, "CLUSTER"),
        (ConstraintOperator.GroupBy, "GROUP_BY"),
        (ConstraintOperator.Like, "LIKE"),
        (ConstraintOperator.Unlike, "UNLIKE"),
        (ConstraintOperator.MaxPer, "MAX_PER"),
        (ConstraintOperator.Is, "IS"));
}
