using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Plenum.Agent.Tests.Networking;

/// <summary>What container networks leave on the machine: interfaces, namespaces, firewall rules and addresses of one work directory.</summary>
internal static class NetworkTraces
{
    public static IReadOnlyList<string> Of(string workDirectory)
    {
        var tag = Tag(workDirectory);
        var addresses = Path.Join(workDirectory, "runtime", "bridge", "addresses", "mesos-bridge");
        return
        [
            .. Directory.GetFileSystemEntries("/sys/class/net").Where(path => path.EndsWith($"plm{tag}", StringComparison.Ordinal)),
            .. Directory.Exists($"/run/plenum-{tag}") ? [$"/run/plenum-{tag}"] : (string[])[],
            .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains($"plenum-{tag}", StringComparison.Ordinal)),
            .. RulesOf($"plm{tag}"),
            .. Directory.Exists(addresses)
                ? Directory.GetFiles(addresses).Where(static file => char.IsAsciiDigit(Path.GetFileName(file)[0]))
                : [],
        ];
    }

    /// <summary>Rules that name a container; the plugins write its id into a comment.</summary>
    public static IReadOnlyList<string> RulesOf(string container)
    {
        using var save = Process.Start(new ProcessStartInfo("iptables-save") { UseShellExecute = false, RedirectStandardOutput = true })!;
        var rules = save.StandardOutput.ReadToEnd().Split('\n');
        save.WaitForExit();
        return [.. rules.Where(rule => rule.Contains(container, StringComparison.Ordinal))];
    }

    public static string Tag(string workDirectory) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(workDirectory)))[..8];
}
