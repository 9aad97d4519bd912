using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Matching;

/// <summary>Chooses host ports for an instance from what an offer holds.</summary>
internal static class PortPicker
{
    // Below are the privileged ports; a port nobody mapped must be one that any user may bind.
    private const int FirstUnprivileged = 1025;
    private const int LastPort = 65535;

    /// <summary>The ports in definition order, or null when the offer cannot serve them.</summary>
    public static AssignedPort[]? Pick(RunSpec app, List<(int Begin, int End)> offered, Random random)
    {
        var wanted = app switch
        {
            AppDefinition { IsHostMode: true } definition => definition.PortDefinitions
                .Select(port => (port.Name, port.Port, (int?)(definition.RequirePorts ? port.Port : 0), 0)).ToArray(),
            AppDefinition definition => definition.PortMappings
                .Select(map => (map.Name, map.ContainerPort, map.HostPort, map.ContainerPort)).ToArray(),
            PodDefinition pod => [.. pod.Endpoints
                .Select(endpoint => ((string?)endpoint.Name, endpoint.ContainerPort ?? 0, endpoint.HostPort, endpoint.ContainerPort ?? 0))],
            _ => throw new InvalidOperationException($"{app.GetType().Name} has no ports"),
        };
        return Pick(wanted, app.IsHostMode, offered, random);
    }

    private static AssignedPort[]? Pick(
        (string? Name, int Declared, int? Host, int Container)[] wanted,
        bool hostMode,
        List<(int Begin, int End)> offered,
        Random random)
    {
        // 1. Fixed ports: each must be offered, and none twice.
        var used = new HashSet<int>();
        foreach (var (_, _, host, _) in wanted)
        {
            if (host is > 0 and { } port && (!offered.Exists(range => range.Begin <= port && port <= range.End) || !used.Add(port)))
            {
                return null;
            }
        }

        // 2. The others from a random start over the shuffled ranges, so that a port is not reused at once:
        //    clients and load balancers may still send to who had it before.
        using var free = FreePorts(offered, used, random).GetEnumerator();
        var assigned = new AssignedPort[wanted.Length];
        for (var i = 0; i < wanted.Length; i++)
        {
            var (name, declared, host, container) = wanted[i];
            if (host == 0)
            {
                if (!free.MoveNext())
                {
                    return null;
                }

                host = free.Current;
            }

            // 3. Container port 0 copies the host port; without one it is any unprivileged port.
            if (hostMode || container == 0)
            {
                container = host ?? random.Next(FirstUnprivileged, LastPort + 1);
            }

            assigned[i] = new AssignedPort(name, declared, host, container);
        }

        return assigned;
    }

    private static IEnumerable<int> FreePorts(List<(int Begin, int End)> offered, HashSet<int> used, Random random)
    {
        var ranges = offered.ToArray();
        random.Shuffle(ranges);
        var total = ranges.Sum(range => range.End - range.Begin + 1);
        if (total == 0)
        {
            yield break;
        }

        var start = random.Next(total);
        for (var i = 0; i < total; i++)
        {
            var port = At(ranges, (start + i) % total);
            if (!used.Contains(port))
            {
                yield return port;
            }
        }
    }

    private static int At((int Begin, int End)[] ranges, int index)
    {
        foreach (var (begin, end) in ranges)
        {
            var size = end - begin + 1;
            if (index < size)
            {
                return begin + index;
            }

            index -= size;
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, "beyond the offered ports");
    }
}
