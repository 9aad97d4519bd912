using System.Globalization;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.CgroupInfo.Types.Blkio.Types.Operation;
using Statistics = Plenum.Protocol.V1.CgroupInfo.Types.Blkio.Types.Statistics;
using Throttling = Plenum.Protocol.V1.CgroupInfo.Types.Blkio.Types.Throttling.Types.Statistics;
using Value = Plenum.Protocol.V1.CgroupInfo.Types.Blkio.Types.Value;

namespace Plenum.Agent.Containers.Cgroups;

/// <summary>
/// Reads and writes of block devices, as the kernel counts them where it could throttle them. Today's kernels have no CFQ
/// scheduler, whose numbers Mesos gave beside these.
/// </summary>
internal static class BlockStatistics
{
    /// <summary>
    /// Version 1: lines such as "8:0 Read 4096", and "Total 4096" for all devices, which the wire has without a device. Null: nothing
    /// was counted.
    /// </summary>
    public static Statistics? Read(string? serviced, string? bytes)
    {
        var devices = new Dictionary<string, Throttling>(StringComparer.Ordinal);
        Take(serviced, static device => device.IoServiced);
        Take(bytes, static device => device.IoServiceBytes);
        return Of(devices);

        void Take(string? text, Func<Throttling, ICollection<Value>> into)
        {
            foreach (var line in Lines(text))
            {
                var (device, operation, count) = line switch
                {
                    [var on, var word, var number] => (on, word, number),
                    ["Total", var number] => ("", "Total", number),
                    _ => ("", "", ""),
                };
                if (Enum.TryParse<Operation>(operation, out var op) && ulong.TryParse(count, CultureInfo.InvariantCulture, out var value))
                {
                    into(EntryOf(devices, device)).Add(new Value { Op = op, Value_ = value });
                }
            }
        }
    }

    /// <summary>Version 2: lines such as "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0".</summary>
    public static Statistics? Read(string? unified)
    {
        var devices = new Dictionary<string, Throttling>(StringComparer.Ordinal);
        foreach (var line in Lines(unified))
        {
            foreach (var pair in line.Skip(1).Select(static word => word.Split('=')).Where(static pair => pair.Length == 2))
            {
                Operation? operation = pair[0][0] switch
                {
                    'r' => Operation.Read,
                    'w' => Operation.Write,
                    'd' => Operation.Discard,
                    _ => null,
                };
                if (operation is { } op && ulong.TryParse(pair[1], CultureInfo.InvariantCulture, out var value))
                {
                    var entry = EntryOf(devices, line[0]);
                    (pair[0].EndsWith("bytes", StringComparison.Ordinal) ? entry.IoServiceBytes : entry.IoServiced)
                        .Add(new Value { Op = op, Value_ = value });
                }
            }
        }

        return Of(devices);
    }

    private static IEnumerable<string[]> Lines(string? text) =>
        (text ?? "").Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static Statistics? Of(Dictionary<string, Throttling> devices) =>
        devices.Count == 0 ? null : new Statistics { Throttling = { devices.Values } };

    private static Throttling EntryOf(Dictionary<string, Throttling> devices, string device)
    {
        if (!devices.TryGetValue(device, out var entry))
        {
            entry = new Throttling();
            if (device.Split(':') is [var major, var minor])
            {
                entry.Device = new Device.Types.Number
                {
                    MajorNumber = ulong.Parse(major, CultureInfo.InvariantCulture),
                    MinorNumber = ulong.Parse(minor, CultureInfo.InvariantCulture),
                };
            }

            devices.Add(device, entry);
        }

        return entry;
    }
}
