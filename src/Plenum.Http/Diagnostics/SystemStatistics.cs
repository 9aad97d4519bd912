using System.Globalization;

namespace Plenum.Http.Diagnostics;

/// <summary>The machine's own figures, as both Mesos programs report them. What a machine does not tell is left out.</summary>
public sealed record SystemStatistics(int Cpus, IReadOnlyList<double> Load, long? TotalMemory, long? FreeMemory)
{
    private const string MemoryFile = "/proc/meminfo";
    private const string LoadFile = "/proc/loadavg";

    private static readonly string[] LoadNames = ["load_1min", "load_5min", "load_15min"];

    public static SystemStatistics Read() =>
        new(Environment.ProcessorCount, ReadLoad(), Memory("MemTotal:"), Memory("MemFree:"));

    /// <summary>Under the names of <c>/metrics/snapshot</c>.</summary>
    public IEnumerable<KeyValuePair<string, double>> Metrics
    {
        get
        {
            yield return new("system/cpus_total", Cpus);
            foreach (var (name, load) in LoadNames.Zip(Load))
            {
                yield return new($"system/{name}", load);
            }

            if (TotalMemory is { } total)
            {
                yield return new("system/mem_total_bytes", total);
            }

            if (FreeMemory is { } free)
            {
                yield return new("system/mem_free_bytes", free);
            }
        }
    }

    /// <summary>Under the names of <c>/system/stats.json</c>, which have a word more.</summary>
    public IEnumerable<KeyValuePair<string, double>> Statistics => Metrics.Select(static metric =>
    {
        var name = metric.Key["system/".Length..];
        return new KeyValuePair<string, double>(name.StartsWith("load", StringComparison.Ordinal) ? $"avg_{name}" : name, metric.Value);
    });

    private static double[] ReadLoad() => File.Exists(LoadFile)
        ? [.. File.ReadAllText(LoadFile).Split(' ').Take(LoadNames.Length).Select(static text => double.Parse(text, CultureInfo.InvariantCulture))]
        : [];

    private static long? Memory(string name)
    {
        if (!File.Exists(MemoryFile))
        {
            return null;
        }

        foreach (var line in File.ReadLines(MemoryFile))
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
