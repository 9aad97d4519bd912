using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Containers;

/// <summary>How far a container is separated from the machine and what it may do to it.</summary>
internal sealed record LinuxSettings
{
    public static readonly LinuxSettings Default = new();

    /// <summary>
    /// Everything that the machine can give: all capabilities and devices, a writable cgroup subtree in a cgroup namespace
    /// of its own, no seccomp profile, nothing of /proc and /sys hidden, mounts that its own children share. For what runs
    /// containers itself.
    /// </summary>
    public bool Privileged { get; init; }

    /// <summary>Names such as CAP_NET_RAW; null: the small default set, cut to the bounding set when that is given.</summary>
    public IReadOnlyList<string>? EffectiveCapabilities { get; init; }

    /// <summary>The most that the container's programs can ever get; null: the effective set.</summary>
    public IReadOnlyList<string>? BoundingCapabilities { get; init; }

    public bool SeccompUnconfined { get; init; }

    /// <summary>A profile of the operator's by its name, in the place of the agent's own; also for who would have none.</summary>
    public string? SeccompProfile { get; init; }

    /// <summary>Set-user-id programs and file capabilities count.</summary>
    public bool NewPrivileges { get; init; }

    /// <summary>It sees the processes of its parent, or of the machine where it has none.</summary>
    public bool SharesPidNamespace { get; init; }

    /// <summary>Null: a pod's containers share, others are alone.</summary>
    public bool? SharesIpcNamespace { get; init; }

    /// <summary>Size of /dev/shm where it is the container's own.</summary>
    public long? SharedMemoryBytes { get; init; }

    public IReadOnlyList<OciDevice> Devices { get; init; } = [];

    /// <summary>Mounts besides volumes, such as a tmpfs.</summary>
    public IReadOnlyList<OciMount> Mounts { get; init; } = [];

    public IReadOnlyList<OciResourceLimit> ResourceLimits { get; init; } = [];

    /// <summary>Kernel settings of its own namespaces.</summary>
    public IReadOnlyDictionary<string, string> KernelSettings { get; init; } = new Dictionary<string, string>();

    public bool ReadOnlyRoot { get; init; }

    /// <summary>The first process only waits for the command and collects what is orphaned.</summary>
    public bool Init { get; init; }

    /// <summary>Memory and swap together at most; -1: no bound on swap.</summary>
    public long? MemoryAndSwapBytes { get; init; }
}
