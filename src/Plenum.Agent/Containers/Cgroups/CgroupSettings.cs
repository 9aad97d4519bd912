namespace Plenum.Agent.Containers.Cgroups;

/// <summary>Limits in the kernel's units, with Mesos' rules applied; null: the kernel's default.</summary>
internal sealed record CgroupSettings(
    long? CpuShares,
    long? CpuQuotaMicroseconds,
    long? MemoryLimitBytes,
    long? MemoryReservationBytes,
    int Processes)
{
    /// <summary>CFS period of Mesos: 100 ms.</summary>
    public const long PeriodMicroseconds = 100_000;

    private const long SharesPerCpu = 1024;

    /// <summary>Of lent cpus: a hundredth of the weight, which leaves them what nobody else computes with (Mesos' number).</summary>
    private const long SharesPerRevocableCpu = 10;

    /// <summary>The least that the kernel takes.</summary>
    private const long MinimumShares = 2;

    private const long MaximumShares = 262_144;

    /// <summary>The least quota that the kernel takes.</summary>
    private const long MinimumQuotaMicroseconds = 1000;

    /// <summary>Mesos never binds a container to less than 32 MB: a shell and its libraries would not start.</summary>
    private const long MinimumMemoryBytes = 32L * 1024 * 1024;

    /// <summary>Of /proc/PID/oom_score_adj.</summary>
    private const long MaximumOomScore = 1000;

    public static CgroupSettings From(ContainerLimits limits, int defaultProcesses)
    {
        long? quota = limits.CpuLimit is double limit && double.IsFinite(limit)
            ? Math.Max(MinimumQuotaMicroseconds, (long)(limit * PeriodMicroseconds))
            : null;
        long? memory = limits.MemoryLimitBytes ?? limits.MemoryBytes;
        return new CgroupSettings(
            limits.IsWithinParent ? null : Math.Clamp((long)((limits.Cpus ?? 0) * (limits.IsRevocable ? SharesPerRevocableCpu : SharesPerCpu)), MinimumShares, MaximumShares),
            quota,
            memory is null or long.MaxValue ? null : Math.Max(MinimumMemoryBytes, memory.Value),
            limits.MemoryBytes is long request ? Math.Max(MinimumMemoryBytes, request) : null,
            limits.Processes ?? defaultProcesses);
    }

    /// <summary>
    /// How soon the kernel takes a container that may use more memory than it asked for when the machine runs out of it: the less
    /// it asked for, the sooner (Mesos' rule). Null: it has what it asked for, and goes by its size as any other.
    /// </summary>
    public static int? OomScoreAdjustment(ContainerLimits limits, Func<long?> machineBytes) =>
        limits is { MemoryBytes: { } request, MemoryLimitBytes: { } limit } && limit > request && machineBytes() is > 0 and var all
            ? (int)(MaximumOomScore - Math.Min(MaximumOomScore, (long)(MaximumOomScore * ((double)request / all))))
            : null;

    /// <summary>The mapping that crun and runc use, so that an update continues what they began.</summary>
    public static long SharesToWeight(long shares) => 1 + ((shares - 2) * 9999 / 262_142);
}
