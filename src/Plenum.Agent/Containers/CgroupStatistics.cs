using Plenum.Agent.Containers.Cgroups;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Containers;

/// <summary>A cgroup's counters as the wire's ResourceStatistics.</summary>
internal static class CgroupStatistics
{
    /// <summary>USER_HZ, fixed at 100 in the kernel's interface to programs on x64 and arm64.</summary>
    private const double TicksPerSecond = 100;

    private const double NanosecondsPerSecond = 1e9;
    private const double MicrosecondsPerSecond = 1e6;

    public static ResourceStatistics Read(Cgroup cgroup, DateTimeOffset now)
    {
        var statistics = new ResourceStatistics { Timestamp = now.ToUnixTimeMilliseconds() / 1000.0 };
        var cpu = cgroup.CpuStatistics();
        var memory = cgroup.MemoryStatistics();
        if (cgroup.IsUnified)
        {
            statistics.CpusUserTimeSecs = cpu.GetValueOrDefault("user_usec") / MicrosecondsPerSecond;
            statistics.CpusSystemTimeSecs = cpu.GetValueOrDefault("system_usec") / MicrosecondsPerSecond;
            statistics.CpusThrottledTimeSecs = cpu.GetValueOrDefault("throttled_usec") / MicrosecondsPerSecond;
            statistics.MemAnonBytes = Count(memory, "anon");
            statistics.MemFileBytes = Count(memory, "file");
            statistics.MemMappedFileBytes = Count(memory, "file_mapped");
            statistics.MemUnevictableBytes = Count(memory, "unevictable");
            statistics.MemKmemUsageBytes = Count(memory, "kernel");
            statistics.MemKmemTcpUsageBytes = Count(memory, "sock");
        }
        else
        {
            var accounting = cgroup.CpuAccounting();
            statistics.CpusUserTimeSecs = accounting.GetValueOrDefault("user") / TicksPerSecond;
            statistics.CpusSystemTimeSecs = accounting.GetValueOrDefault("system") / TicksPerSecond;
            statistics.CpusThrottledTimeSecs = cpu.GetValueOrDefault("throttled_time") / NanosecondsPerSecond;
            statistics.MemAnonBytes = Count(memory, "total_rss");
            statistics.MemFileBytes = Count(memory, "total_cache");
            statistics.MemMappedFileBytes = Count(memory, "total_mapped_file");
            statistics.MemUnevictableBytes = Count(memory, "total_unevictable");
        }
        statistics.CpusNrPeriods = (uint)cpu.GetValueOrDefault("nr_periods");
        statistics.CpusNrThrottled = (uint)cpu.GetValueOrDefault("nr_throttled");
        statistics.MemRssBytes = statistics.MemAnonBytes;
        // Page cache has two names on the wire, and dashboards know one or the other.
        statistics.MemCacheBytes = statistics.MemFileBytes;
        statistics.MemTotalBytes = (ulong)(cgroup.MemoryUsage() ?? 0);
        Put(cgroup.MemoryAndSwapUsage(), value => statistics.MemTotalMemswBytes = value);
        Put(cgroup.SwapUsage(memory), value => statistics.MemSwapBytes = value);
        Put(cgroup.KernelMemoryUsage(), value => statistics.MemKmemUsageBytes = value);
        Put(cgroup.KernelTcpMemoryUsage(), value => statistics.MemKmemTcpUsageBytes = value);
        Put(cgroup.SoftMemoryLimit(), value => statistics.MemSoftLimitBytes = value);
        if (cgroup.MemoryLimit() is long limit)
        {
            statistics.MemLimitBytes = (ulong)limit;
        }
        if (cgroup.CpuQuota() is long quota)
        {
            statistics.CpusLimit = (double)quota / CgroupSettings.PeriodMicroseconds;
        }
        statistics.BlkioStatistics = cgroup.Blocks();
        statistics.Processes = (uint)cgroup.Processes().Count;
        Put(cgroup.Threads(), value => statistics.Threads = (uint)value);
        return statistics;
    }

    private static void Put(long? value, Action<ulong> into)
    {
        if (value is { } known)
        {
            into((ulong)known);
        }
    }

    private static ulong Count(Dictionary<string, long> values, string key) => (ulong)values.GetValueOrDefault(key);
}
