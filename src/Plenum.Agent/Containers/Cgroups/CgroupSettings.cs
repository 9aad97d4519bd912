namespace Plenum.Agent.Containers.Cgroups;

/// <summary>Limits in the kernel's units, with Mesos' rules applied.</summary>
internal sealed record CgroupSettings(
    long CpuShares,
    long? CpuQuotaMicroseconds,
    long? MemoryLimitBytes,
    long? MemoryReservationBytes,
    int Processes)
{
    /// <summary>CFS period of Mesos: 100 ms.</summary>
    public const long PeriodMicroseconds = 100_000;

    private const long SharesPerCpu = 1024;

    /// <summary>The least that the kernel takes.</summary>
    private const long MinimumShares = 2;

    private const long MaximumShares = 262_144;

    /// <summary>The least quota that the kernel takes.</summary>
    private const long MinimumQuotaMicroseconds = 1000;

    /// <summary>Mesos never binds a container to less than 32 MB: a shell and its libraries would not start.</summary>
    private const long MinimumMemoryBytes = 32L * 1024 * 1024;

    public static CgroupSettings From(ContainerLimits limits, int defaultProcesses)
    {
        long? quota = limits.CpuLimit is double limit && double.IsFinite(limit)
            ? Math.Max(MinimumQuotaMicroseconds, (long)(limit * PeriodMicroseconds))
            : null;
        long? memory = limits.MemoryLimitBytes ?? limits.MemoryBytes;
        return new CgroupSettings(
            Math.Clamp((long)((limits.Cpus ?? 0) * SharesPerCpu), MinimumShares, MaximumShares),
            quota,
            memory is null or long.MaxValue ? null : Math.Max(MinimumMemoryBytes, memory.Value),
            limits.MemoryBytes is long request ? Math.Max(MinimumMemoryBytes, request) : null,
            limits.Processes ?? defaultProcesses);
    }

    /// <summary>The mapping that crun and runc use, so that an update continues what they began.</summary>
    public static long SharesToWeight(long shares) => 1 + ((shares - 2) * 9999 / 262_142);
}
