using System.Net;
using System.Text;

namespace Plenum.Agent.Networking;

/// <summary>Writes a container's own hosts, hostname and resolv.conf.</summary>
internal static class NameFiles
{
    /// <summary>The files, by their name in the directory, and where the container looks for them.</summary>
    public static readonly IReadOnlyList<(string Name, string Target)> All =
        [("hosts", "/etc/hosts"), ("hostname", "/etc/hostname"), ("resolv.conf", "/etc/resolv.conf")];

    private const string MachineHosts = "/etc/hosts";
    private const string MachineResolver = "/etc/resolv.conf";

    /// <summary>systemd-resolved's own list, where the machine's file names only the local stub.</summary>
    private const string UpstreamResolver = "/run/systemd/resolve/resolv.conf";

    /// <param name="directory">Where the files go; it is made.</param>
    /// <param name="hostName">The container's name.</param>
    /// <param name="addresses">Its own addresses; null: the machine's network, whose names it keeps.</param>
    /// <param name="results">What its networks said of name servers; the first that says anything counts.</param>
    /// <param name="wanted">What the container itself asked for, which goes first.</param>
    public static void Write(
        string directory, string hostName, IReadOnlyList<IPAddress>? addresses, IReadOnlyList<PluginResult> results, NameResolution wanted)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, "hostname"), hostName + "\n");
        File.WriteAllText(Path.Join(directory, "hosts"), Hosts(hostName, addresses, wanted));
        File.WriteAllText(Path.Join(directory, "resolv.conf"), Resolver(addresses is null, results, wanted));
    }

    private static string Hosts(string hostName, IReadOnlyList<IPAddress>? addresses, NameResolution wanted)
    {
        var text = new StringBuilder();
        if (addresses is null)
        {
            text.Append(ReadMachine(MachineHosts)).Append('\n');
        }
        else
        {
            text.Append("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
            foreach (var address in addresses)
            {
                text.Append(address).Append(' ').Append(hostName).Append('\n');
            }
        }

        foreach (var (address, name) in wanted.Hosts)
        {
            text.Append(address).Append(' ').Append(name).Append('\n');
        }

        return text.ToString();
    }

    private static string Resolver(bool machineNetwork, IReadOnlyList<PluginResult> results, NameResolution wanted)
    {
        var machine = ReadMachine(MachineResolver).Split('\n', StringSplitOptions.TrimEntries);
        var network = results.FirstOrDefault(static result => result.NameServers.Count > 0);
        IEnumerable<string> servers = wanted.NameServers.Count > 0 ? wanted.NameServers
            : network is not null ? network.NameServers
            : ServersOf(machine, machineNetwork);
        IEnumerable<string> search = wanted.SearchDomains.Count > 0 ? wanted.SearchDomains
            : network is not null ? network.SearchDomains
            : ValuesOf(machine, "search");
        IEnumerable<string> options = wanted.Options.Count > 0 ? wanted.Options
            : network is not null ? network.ResolverOptions
            : ValuesOf(machine, "options");
        var text = new StringBuilder();
        foreach (var server in servers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        AppendList(text, "search", search);
        AppendList(text, "options", options);
        return text.ToString();
    }

    // A name server on the machine's loopback answers nobody in another network.
    private static IEnumerable<string> ServersOf(string[] lines, bool machineNetwork)
    {
        var all = ValuesOf(lines, "nameserver").ToArray();
        var reachable = all.Where(static server => !IPAddress.TryParse(server.Split('%')[0], out var a) || !IPAddress.IsLoopback(a)).ToArray();
        if (machineNetwork || reachable.Length > 0 || all.Length == 0)
        {
            return machineNetwork ? all : reachable;
        }

        return ValuesOf(ReadMachine(UpstreamResolver).Split('\n', StringSplitOptions.TrimEntries), "nameserver");
    }

    private static IEnumerable<string> ValuesOf(string[] lines, string keyword) => lines
        .Select(static line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 1 && words[0] == keyword)
        .SelectMany(static words => words.Skip(1));

    private static void AppendList(StringBuilder text, string keyword, IEnumerable<string> values)
    {
        var line = string.Join(' ', values);
        if (line.Length > 0)
        {
            text.Append(keyword).Append(' ').Append(line).Append('\n');
        }
    }

    private static string ReadMachine(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
