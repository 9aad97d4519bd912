namespace Plenum.Agent.Limits;

/// <summary>What containers take beside memory and processor is measured from time to time; Mesos' flags and defaults.</summary>
public sealed record LimitOptions
{
    public static readonly LimitOptions Default = new();

    /// <summary>How often sandboxes and volumes are measured; container_disk_watch_interval.</summary>
    public TimeSpan DiskWatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Tasks whose sandbox or volume outgrew its disk resource fail; enforce_container_disk_quota.</summary>
    public bool EnforceDiskQuota { get; init; }
}
