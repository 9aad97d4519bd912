namespace Plenum.Agent.Containers.Cgroups;

/// <summary>
/// How the machine lays out its cgroups: version 1 (a hierarchy per controller), hybrid (version 1 and an
/// additional version 2 hierarchy that holds none of the usual controllers) or version 2.
/// </summary>
internal sealed class CgroupHost
{
    private const string MountPoint = "/sys/fs/cgroup";

    private readonly Dictionary<string, string> _controllerRoots;

    private CgroupHost(bool isUnified, string? hybridMount, Dictionary<string, string> controllerRoots, string[] allRoots)
    {
        IsUnified = isUnified;
        HybridMount = hybridMount;
        _controllerRoots = controllerRoots;
        Roots = allRoots;
    }

    /// <summary>Version 2: one hierarchy for everything.</summary>
    public bool IsUnified { get; }

    /// <summary>
    /// On a hybrid machine the mount of the version 2 hierarchy. crun 1.8 refuses to run when it sees one, so
    /// containers are started where it is hidden.
    /// </summary>
    public string? HybridMount { get; }

    /// <summary>Every hierarchy that a container gets a directory in.</summary>
    public IReadOnlyList<string> Roots { get; }

    public static CgroupHost Detect() => Parse(File.ReadAllLines("/proc/self/mounts"));

    /// <summary>Reads lines in the format of /proc/self/mounts.</summary>
    public static CgroupHost Parse(IEnumerable<string> mounts)
    {
        string? unified = null;
        var controllers = new Dictionary<string, string>();
        var roots = new List<string>();
        foreach (var fields in mounts.Select(static line => line.Split(' ')).Where(static fields => fields.Length >= 4))
        {
            if (!fields[1].StartsWith(MountPoint, StringComparison.Ordinal))
            {
                continue;
            }
            if (fields[2] == "cgroup2")
            {
                unified = fields[1];
            }
            else if (fields[2] == "cgroup")
            {
                roots.Add(fields[1]);
                foreach (var option in fields[3].Split(','))
                {
                    controllers.TryAdd(option, fields[1]);
                }
            }
        }
        var isUnified = roots.Count == 0 && unified is not null;
        return new CgroupHost(
            isUnified,
            isUnified ? null : unified,
            controllers,
            isUnified ? [unified!] : [.. roots.Distinct()]);
    }

    /// <summary>Where a controller's files of a cgroup are; null when the machine lacks the controller.</summary>
    public string? PathOf(string controller, string cgroup)
    {
        if (IsUnified)
        {
            return Path.Join(Roots[0], cgroup);
        }
        return _controllerRoots.TryGetValue(controller, out var root) ? Path.Join(root, cgroup) : null;
    }

    public IEnumerable<string> PathsOf(string cgroup) => Roots.Select(root => Path.Join(root, cgroup));
}
