using System.Globalization;

namespace Plenum.Agent.Host;

/// <summary>What the machine says about itself.</summary>
internal static class HostFacts
{
    /// <summary>Changes at each boot; on a system that does not tell, each start counts as one.</summary>
    public static string BootId()
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : Guid.NewGuid().ToString();
    }

    /// <summary>Bytes of memory, null when unknown.</summary>
    public static long? TotalMemory() => MemoryLine("MemTotal:");

    public static long? FreeMemory() => MemoryLine("MemAvailable:");

    /// <summary>Load averages over 1, 5 and 15 minutes.</summary>
    public static double[] Load()
    {
        const string Path = "/proc/loadavg";
        return File.Exists(Path)
            ? [.. File.ReadAllText(Path).Split(' ').Take(3).Select(static text => double.Parse(text, CultureInfo.InvariantCulture))]
            : [];
    }

    private static long? MemoryLine(string name)
    {
        const string Path = "/proc/meminfo";
        if (!File.Exists(Path))
        {
            return null;
        }

        foreach (var line in File.ReadLines(Path))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                var kibibytes = line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
            }
        }

        return null;
    }
}
