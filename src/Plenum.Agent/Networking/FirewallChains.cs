namespace Plenum.Agent.Networking;

/// <summary>
/// The portmap plugin leaves three chains and the jumps into them on the machine when its last container goes. They
/// are shared by everybody who uses the plugin, so they go only when no mapping is in them.
/// </summary>
internal static class FirewallChains
{
    private const string MappingChain = "CNI-HOSTPORT-DNAT";

    /// <summary>Copies of one rule; as many as containers that started at the very same moment.</summary>
    private const int MaxCopies = 256;

    private static readonly string[] Programs = ["iptables", "ip6tables"];

    // In the order in which nothing is referred to any more when it goes.
    private static readonly string[] Chains = [MappingChain, "CNI-HOSTPORT-MASQ", "CNI-HOSTPORT-SETMARK"];

    private static readonly string[][] Jumps =
    [
        ["PREROUTING", "-m", "addrtype", "--dst-type", "LOCAL", "-j", MappingChain],
        ["OUTPUT", "-m", "addrtype", "--dst-type", "LOCAL", "-j", MappingChain],
        ["POSTROUTING", "-m", "comment", "--comment", "CNI portfwd requiring masquerade", "-j", "CNI-HOSTPORT-MASQ"],
    ];

    public static async Task RemoveUnusedAsync(CancellationToken cancellationToken)
    {
        using var machine = await MachineLock.OwnAsync();
        foreach (var program in Programs.Where(NetworkTool.IsInstalled))
        {
            var (code, rules, _) = await RunAsync(program, ["-S", MappingChain], cancellationToken);
            if (code != 0 || rules.Contains("-A ", StringComparison.Ordinal))
            {
                // There is no such chain, or somebody's mapping is in it.
                continue;
            }

            foreach (var jump in Jumps)
            {
                await RemoveCopiesAsync(program, jump, cancellationToken);
            }

            foreach (var chain in Chains)
            {
                await RunAsync(program, ["-F", chain], cancellationToken);
                await RunAsync(program, ["-X", chain], cancellationToken);
            }
        }
    }

    // Two plugins that ran at once may each have added it: neither saw the other's.
    private static async Task RemoveCopiesAsync(string program, string[] rule, CancellationToken cancellationToken)
    {
        for (var copy = 0; copy < MaxCopies; copy++)
        {
            var (code, _, _) = await RunAsync(program, ["-D", .. rule], cancellationToken);
            if (code != 0)
            {
                return;
            }
        }
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, string[] arguments, CancellationToken cancellationToken) =>
        NetworkTool.RunAsync(program, ["-w", "-t", "nat", .. arguments], cancellationToken);
}
