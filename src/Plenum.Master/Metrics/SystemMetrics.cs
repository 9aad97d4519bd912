using System.Globalization;

namespace Plenum.Master.Metrics;

/// <summary>The machine's own figures, as both Mesos programs report them.</summary>
internal static class SystemMetrics
{
    private const double BytesPerKibibyte = 1024;

    public static void Add(IDictionary<string, double> all)
    {
        all["system/cpus_total"] = Environment.ProcessorCount;
        if (File.Exists("/proc/loadavg"))
        {
            var load = File.ReadAllText("/proc/loadavg").Split(' ');
            all["system/load_1min"] = Number(load[0]);
            all["system/load_5min"] = Number(load[1]);
            all["system/load_15min"] = Number(load[2]);
        }

        if (File.Exists("/proc/meminfo"))
        {
            foreach (var line in File.ReadLines("/proc/meminfo").Take(2))
            {
                var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                var name = words[0] == "MemTotal:" ? "system/mem_total_bytes" : "system/mem_free_bytes";
                all[name] = Number(words[1]) * BytesPerKibibyte;
            }
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
