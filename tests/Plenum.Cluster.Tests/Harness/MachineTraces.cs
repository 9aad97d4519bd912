namespace Plenum.Cluster.Tests.Harness;

/// <summary>
/// What a cluster could leave on a machine: processes, mounts, cgroups and network devices. Compared before
/// and after; only what is new and bears Plenum's or its containers' marks counts, since other programs of
/// the machine come and go.
/// </summary>
internal sealed record MachineTraces(IReadOnlySet<string> All)
{
    private static readonly string[] ProcessNames = ["plenumd", "conmon", "crun", "runc", "supervise"];

    public static MachineTraces Take()
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                var name = File.ReadAllText(Path.Combine(directory, "comm")).Trim();
                // A zombie has ended; when init collects it is init's business.
                var zombie = File.ReadAllText(Path.Combine(directory, "stat")).Split(") ")[^1].StartsWith('Z');
                if (ProcessNames.Contains(name) && !zombie)
                {
                    all.Add($"process {name} {Path.GetFileName(directory)}");
                }
            }
            catch (IOException)
            {
                // It ended while the list was read.
            }
        }

        all.UnionWith(File.ReadLines("/proc/self/mountinfo").Select(l => $"mount {l.Split(' ')[4]}"));
        all.UnionWith(Directory.EnumerateDirectories("/sys/class/net").Select(d => $"device {Path.GetFileName(d)}"));
        foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup"))
        {
            all.UnionWith(Directory.EnumerateDirectories(hierarchy, "*plenum*", SearchOption.AllDirectories).Select(d => $"cgroup {d}"));
        }

        return new MachineTraces(all);
    }

    public IEnumerable<string> Since(MachineTraces before) => All.Except(before.All).Order(StringComparer.Ordinal);
}
