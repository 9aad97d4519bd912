using System.Globalization;
using Plenum.Agent.Tests.Networking;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>
/// What one agent has on its machine besides sandboxes: processes, mounts, cgroups, network devices, namespaces, firewall
/// rules, files and what its process holds open. Only what bears the agent's marks counts, since others live on the machine.
/// </summary>
internal sealed record AgentTraces(IReadOnlySet<string> Named, IReadOnlyDictionary<string, int> Open)
{
    /// <summary>Connections of clients and of the master come and go with them.</summary>
    private const string Sockets = "socket";

    /// <summary>The runtime loads its assemblies when it first needs them.</summary>
    private const string Assembly = ".dll";

    /// <param name="agent">Process of the agent.</param>
    /// <param name="work">Its work directory.</param>
    /// <param name="containers">All that it ever ran.</param>
    public static AgentTraces Take(int agent, string work, IReadOnlySet<string> containers)
    {
        var tag = NetworkTraces.Tag(work);
        bool Marked(string text) => text.Contains(work, StringComparison.Ordinal)
            || text.Contains(tag, StringComparison.Ordinal)
            || containers.Any(id => text.Contains(id, StringComparison.Ordinal));

        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pid in Entries("/proc").Select(Path.GetFileName).Where(static name => int.TryParse(name, out _)))
        {
            // The agent's own command line says nothing; its children count whatever they are, zombies included.
            if (pid != agent.ToString(CultureInfo.InvariantCulture)
                && (ParentOf(pid!) == agent || Marked(Read($"/proc/{pid}/cmdline")) || Marked(Read($"/proc/{pid}/cgroup"))))
            {
                named.Add($"process {pid} {Read($"/proc/{pid}/comm").Trim()}");
            }
        }

        foreach (var place in (string[])["self", agent.ToString(CultureInfo.InvariantCulture)])
        {
            named.UnionWith(Read($"/proc/{place}/mountinfo").Split('\n').Where(Marked).Select(static line => $"mount {line.Split(' ')[4]}"));
        }

        named.UnionWith(Below("/sys/fs/cgroup").Where(Marked).Select(static path => $"cgroup {path}"));
        named.UnionWith(Entries("/sys/class/net").Where(Marked).Select(static path => $"device {path}"));
        named.UnionWith(Entries($"/sys/class/net/plm{tag}/brif").Select(static path => $"port of the bridge {path}"));
        named.UnionWith(((string[])["/run", "/run/netns", "/var/run/netns", "/dev/shm"]).SelectMany(Entries).Where(Marked).Select(static path => $"entry {path}"));
        named.UnionWith(Below($"/run/plenum-{tag}").Select(static path => $"entry {path}"));
        named.UnionWith(NetworkTraces.RulesOf("").Where(Marked).Select(static rule => $"rule {rule}"));
        // Sandboxes stay for a week.
        named.UnionWith(Entries(work).Where(static path => Path.GetFileName(path) != "slaves")
            .SelectMany(static path => Below(path).Prepend(path)).Select(static path => $"file {path}"));
        var open = Entries($"/proc/{agent}/fd").Select(KindOf).Where(static kind => kind != Sockets && !kind.EndsWith(Assembly, StringComparison.Ordinal))
            .GroupBy(static kind => kind).ToDictionary(static group => group.Key, static group => group.Count());
        return new AgentTraces(named, open);
    }

    /// <summary>What is there now and was not then, and of what more is open than was.</summary>
    public IReadOnlyList<string> Since(AgentTraces before) =>
    [
        .. Named.Except(before.Named).Order(StringComparer.Ordinal),
        .. Open.Where(kind => kind.Value > before.Open.GetValueOrDefault(kind.Key))
            .Select(kind => $"open {kind.Key}: {kind.Value}, were {before.Open.GetValueOrDefault(kind.Key)}"),
    ];

    private static string KindOf(string descriptor)
    {
        try
        {
            var target = new FileInfo(descriptor).LinkTarget ?? "gone";
            // "pipe:[123]" is a pipe whatever its number; a file is itself.
            return target.IndexOf(":[", StringComparison.Ordinal) is var colon and > 0 ? target[..colon] : target;
        }
        catch (IOException)
        {
            return "gone";
        }
    }

    private static int ParentOf(string pid) =>
        Read($"/proc/{pid}/stat").Split(") ") is [_, .., var rest]
            ? int.Parse(rest.Split(' ')[1], CultureInfo.InvariantCulture)
            : 0;

    // Everything here may go while it is looked at: what has gone is no trace.
    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static IReadOnlyList<string> Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Below(string directory) =>
        Entries(directory).SelectMany(static path => new DirectoryInfo(path) is { Exists: true, LinkTarget: null } ? Below(path).Prepend(path) : [path]);
}
