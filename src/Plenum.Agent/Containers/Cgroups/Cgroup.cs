using System.Globalization;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Containers.Cgroups;

/// <summary>The control group of one container, on any of the kernel's layouts.</summary>
internal sealed class Cgroup(CgroupHost host, string path)
{
    /// <summary>A cgroup whose processes have just died may stay busy for some milliseconds in the kernel.</summary>
    private const int RemoveAttempts = 200;

    /// <summary>The kernel charges memory in batches, and what did not fit is not in the peak.</summary>
    private const long PeakSlack = 1 << 20;

    private static readonly TimeSpan RemoveRetryDelay = TimeSpan.FromMilliseconds(5);

    public string Path { get; } = path;

    /// <summary>Every process in this cgroup and below it.</summary>
    public IReadOnlyList<int> Processes()
    {
        // On version 1 every process is in every hierarchy; pids is the one that cannot be joined with another.
        var root = host.PathOf("pids", Path) ?? host.PathsOf(Path).First();
        return Directory.Exists(root) ? [.. ReadProcesses(root).Distinct()] : [];
    }

    /// <summary>The processes of this cgroup alone, without those of nested containers.</summary>
    public IReadOnlyList<int> OwnProcesses()
    {
        var root = host.PathOf("pids", Path) ?? host.PathsOf(Path).First();
        return Directory.Exists(root) ? [.. ReadOwnProcesses(root).Distinct()] : [];
    }

    /// <summary>
    /// Writes limits to a cgroup that exists. A hard memory limit is only raised, and none stays none: lowering it below what
    /// is in use would kill or stall a running task (Mesos keeps the same rule).
    /// </summary>
    /// <param name="limits">What the container may take.</param>
    /// <param name="defaultProcesses">Of processes, where the limits say nothing.</param>
    /// <param name="isNew">Nothing runs in it yet: that it has no limit means nothing.</param>
    public void Apply(ContainerLimits limits, int defaultProcesses, bool isNew)
    {
        var settings = CgroupSettings.From(limits, defaultProcesses);
        Write("pids", "pids.max", settings.Processes);
        if (host.IsUnified)
        {
            RaiseMemory("memory.max", settings.MemoryLimitBytes, "max", isNew);
            if (settings.MemoryReservationBytes is long low)
            {
                Write("memory", "memory.low", low);
            }
            if (settings.CpuShares is long weight)
            {
                Write("cpu", "cpu.weight", CgroupSettings.SharesToWeight(weight));
            }
            Write("cpu", "cpu.max", $"{(settings.CpuQuotaMicroseconds is long q ? q : "max")} {CgroupSettings.PeriodMicroseconds}");
        }
        else
        {
            RaiseMemory("memory.limit_in_bytes", settings.MemoryLimitBytes, "-1", isNew);
            if (settings.MemoryReservationBytes is long soft)
            {
                Write("memory", "memory.soft_limit_in_bytes", soft);
            }
            // Last: the kernel refuses a quota below that of a cgroup inside, which may be one of a task that just ended.
            if (settings.CpuShares is long shares)
            {
                Write("cpu", "cpu.shares", shares);
            }
            Write("cpu", "cpu.cfs_period_us", CgroupSettings.PeriodMicroseconds);
            Write("cpu", "cpu.cfs_quota_us", settings.CpuQuotaMicroseconds ?? -1);
        }
    }

    /// <summary>Kills what the kernel can kill in one go; a no-op where it cannot (before Linux 5.14, version 1).</summary>
    public void KillAll()
    {
        var file = System.IO.Path.Join(host.PathOf("pids", Path), "cgroup.kill");
        if (host.IsUnified && File.Exists(file))
        {
            File.WriteAllText(file, "1");
            return;
        }
        foreach (var pid in Processes())
        {
            Native.LibC.Kill(pid, Native.LibC.SignalKill);
        }
    }

    /// <summary>What the kernel's out-of-memory killer did here; null when it did nothing.</summary>
    /// <param name="limited">Whose limit it was: the cgroup above where this one is its leaf.</param>
    public OutOfMemory? OutOfMemory(Cgroup? limited = null)
    {
        // Of this cgroup alone, as on version 1: what a container made below (a Kubernetes pod, say) is not its end.
        var kills = host.IsUnified
            ? Sum(ReadKeyed("memory", "memory.events.local"), "oom_kill")
            : Sum(ReadKeyed("memory", "memory.oom_control"), "oom_kill");
        return kills == 0 ? null : new OutOfMemory((limited ?? this).MemoryLimit(), (limited ?? this).MemoryPeak(), kills);
    }

    /// <summary>
    /// What the kernel's out-of-memory killer met here, asked when it has just told that it is at work; null when it was not this
    /// cgroup's own limit. Version 1 also tells those below the cgroup that is full, which have no limit or are below it.
    /// </summary>
    public OutOfMemory? LimitMet()
    {
        if (host.IsUnified)
        {
            var kills = Sum(ReadKeyed("memory", "memory.events"), "oom_kill");
            return kills > 0 && Sum(ReadKeyed("memory", "memory.events.local"), "oom") > 0
                ? new OutOfMemory(MemoryLimit(), MemoryPeak(), kills)
                : null;
        }

        return MemoryLimit() is { } limit && MemoryPeak() is { } peak && peak > limit - PeakSlack && ReadNumber("memory", "memory.failcnt") > 0
            ? new OutOfMemory(limit, peak, Kills: 1)
            : null;
    }

    public long? MemoryLimit() => Bounded(ReadNumber("memory", host.IsUnified ? "memory.max" : "memory.limit_in_bytes"));

    public long? MemoryUsage() =>
        ReadNumber("memory", host.IsUnified ? "memory.current" : "memory.usage_in_bytes");

    /// <summary>Null where the kernel does not count swap.</summary>
    public long? MemoryAndSwapUsage() => host.IsUnified
        ? ReadNumber("memory", "memory.swap.current") is { } swap && MemoryUsage() is { } memory ? memory + swap : null
        : ReadNumber("memory", "memory.memsw.usage_in_bytes");

    public long? SwapUsage(Dictionary<string, long> statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        return host.IsUnified ? ReadNumber("memory", "memory.swap.current")
            : statistics.TryGetValue("total_swap", out var swap) ? swap : null;
    }

    /// <summary>Version 1 has files for it; on version 2 it is among the statistics.</summary>
    public long? KernelMemoryUsage() => host.IsUnified ? null : ReadNumber("memory", "memory.kmem.usage_in_bytes");

    public long? KernelTcpMemoryUsage() => host.IsUnified ? null : ReadNumber("memory", "memory.kmem.tcp.usage_in_bytes");

    /// <summary>Null: memory is not reserved.</summary>
    public long? SoftMemoryLimit() => host.IsUnified
        ? ReadNumber("memory", "memory.low") is > 0 and var low ? low : null
        : Bounded(ReadNumber("memory", "memory.soft_limit_in_bytes"));

    /// <summary>Threads of this cgroup and of those below it: what the kernel calls tasks and counts against pids.max.</summary>
    public long? Threads() => ReadNumber("pids", "pids.current");

    public Dictionary<string, long> MemoryStatistics() => ReadKeyed("memory", "memory.stat");

    public Dictionary<string, long> CpuStatistics() => ReadKeyed("cpu", "cpu.stat");

    public Dictionary<string, long> CpuAccounting() => ReadKeyed("cpuacct", "cpuacct.stat");

    /// <summary>With what is nested in it; null where the kernel counted nothing.</summary>
    public CgroupInfo.Types.Blkio.Types.Statistics? Blocks() => host.IsUnified
        ? BlockStatistics.Read(ReadText("io", "io.stat"))
        : BlockStatistics.Read(
            ReadText("blkio", "blkio.throttle.io_serviced_recursive"), ReadText("blkio", "blkio.throttle.io_service_bytes_recursive"));

    public long? CpuQuota()
    {
        var text = ReadText("cpu", host.IsUnified ? "cpu.max" : "cpu.cfs_quota_us")?.Split(' ')[0];
        return long.TryParse(text, CultureInfo.InvariantCulture, out var quota) && quota > 0 ? quota : null;
    }

    public bool IsUnified => host.IsUnified;

    /// <summary>Removes the cgroup and those below it, which hold no process any more.</summary>
    public async System.Threading.Tasks.Task RemoveAsync(TimeProvider time)
    {
        foreach (var root in host.PathsOf(Path))
        {
            for (var attempt = 0; Directory.Exists(root) && !TryRemoveTree(root); attempt++)
            {
                if (attempt == RemoveAttempts)
                {
                    throw new IOException($"the cgroup {root} cannot be removed: processes {string.Join(' ', ReadProcesses(root))} are in it");
                }
                await System.Threading.Tasks.Task.Delay(RemoveRetryDelay, time);
            }
        }
    }

    private static int[] ReadOwnProcesses(string directory)
    {
        try
        {
            return [.. File.ReadLines(System.IO.Path.Join(directory, "cgroup.procs"))
                .Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            // Removed meanwhile.
            return [];
        }
    }

    private static int[] ReadProcesses(string directory) =>
        [.. ReadOwnProcesses(directory), .. Directory.EnumerateDirectories(directory).SelectMany(ReadProcesses)];

    private static bool TryRemoveTree(string directory)
    {
        try
        {
            foreach (var child in Directory.EnumerateDirectories(directory))
            {
                if (!TryRemoveTree(child))
                {
                    return false;
                }
            }
            // rmdir, not a recursive delete: a cgroup's files are the kernel's.
            return Native.LibC.RemoveDirectory(directory) == 0 || Native.LibC.LastError == Native.LibC.ErrorNotFound;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
    }

    // Version 1 says "no limit" as the largest multiple of the page size.
    private static long? Bounded(long? limit) => limit is > long.MaxValue - (1 << 20) ? null : limit;

    private static long Sum(Dictionary<string, long> values, string key) => values.GetValueOrDefault(key);

    private long? MemoryPeak() =>
        ReadNumber("memory", host.IsUnified ? "memory.peak" : "memory.max_usage_in_bytes");

    private void RaiseMemory(string file, long? limit, string unlimited, bool isNew)
    {
        if (limit is null)
        {
            Write("memory", file, unlimited);
        }
        else if (MemoryLimit() is long current ? current < limit : isNew)
        {
            Write("memory", file, limit.Value);
        }
    }

    private void Write(string controller, string file, IFormattable value) =>
        Write(controller, file, value.ToString(null, CultureInfo.InvariantCulture));

    private void Write(string controller, string file, string value)
    {
        var target = System.IO.Path.Join(host.PathOf(controller, Path), file);
        if (host.PathOf(controller, Path) is not null && File.Exists(target))
        {
            File.WriteAllText(target, value);
        }
    }

    private string? ReadText(string controller, string file)
    {
        try
        {
            return host.PathOf(controller, Path) is { } directory
                ? File.ReadAllText(System.IO.Path.Join(directory, file)).Trim()
                : null;
        }
        catch (IOException)
        {
            // The container ended between the question and the answer.
            return null;
        }
    }

    private long? ReadNumber(string controller, string file) =>
        long.TryParse(ReadText(controller, file), CultureInfo.InvariantCulture, out var value) ? value : null;

    private Dictionary<string, long> ReadKeyed(string controller, string file)
    {
        var values = new Dictionary<string, long>();
        foreach (var line in (ReadText(controller, file) ?? "").Split('\n'))
        {
            if (line.Split(' ') is [var key, var number] && long.TryParse(number, CultureInfo.InvariantCulture, out var value))
            {
                values[key] = value;
            }
        }
        return values;
    }
}
