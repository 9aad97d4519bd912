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
        }
        statistics.CpusNrPeriods = (uint)cpu.GetValueOrDefault("nr_periods");
        statistics.CpusNrThrottled = (uint)cpu.GetValueOrDefault("nr_throttled");
        statistics.MemRssBytes = statistics.MemAnonBytes;
        statistics.MemTotalBytes = (ulong)(cgroup.MemoryUsage() ?? 0);
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
        return statistics;
    }

    private static ulong Count(Dictionary<string, long> values, string key) => (ulong)values.GetValueOrDefault(key);
}
