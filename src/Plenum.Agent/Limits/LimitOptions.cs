namespace Plenum.Agent.Limits;

/// <summary>What containers take beside memory and processor is measured from time to time; Mesos' flags and defaults.</summary>
public sealed record LimitOptions
{
    public static readonly LimitOptions Default = new();

    /// <summary>How often sandboxes and volumes are measured; container_disk_watch_interval.</summary>
    public TimeSpan DiskWatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Tasks whose sandbox or volume outgrew its disk resource fail; enforce_container_disk_quota.</summary>
    public bool EnforceDiskQuota { get; init; }

    /// <summary>How often the listening sockets of containers are looked at; container_ports_watch_interval.</summary>
    public TimeSpan PortsWatchInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tasks on the machine's network that listen on a port which is not theirs fail; enforce_container_ports.</summary>
    public bool EnforcePorts { get; init; }

    /// <summary>Containers get no more processor time than the cpus they ask for, where they name no limit; cgroups_enable_cfs.</summary>
    public bool BindsProcessors { get; init; }

    /// <summary>Containers that ask for whole cpus get as many processors for themselves, and all others share the rest.</summary>
    public bool ExclusiveProcessors { get; init; }

    /// <summary>
    /// What is lent beside the agent's own resources, to frameworks that take revocable ones; what Mesos' fixed resource
    /// estimator is given. Null: nothing.
    /// </summary>
    public string? RevocableResources { get; init; }

    /// <summary>When lent resources are taken back; what Mesos' load controller is given.</summary>
    public LoadPolicy LoadPolicy { get; init; } = LoadPolicy.None;

    /// <summary>How often the load is looked at. The kernel computes its averages anew every five seconds.</summary>
    public TimeSpan LoadWatchInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the load comes from.</summary>
    internal Func<LoadAverages> Load { get; init; } = LoadAverages.Read;

    /// <summary>Only ports that the agent offers are guarded, and all others free to everybody; check_agent_port_range_only.</summary>
    public bool CheckOfferedPortsOnly { get; init; }
}
