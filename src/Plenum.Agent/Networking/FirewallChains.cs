namespace Plenum.Agent.Networking;

/// <summary>
/// The portmap plugin shares three chains and the jumps into them among all containers of the machine. It makes them
/// when they are not there, which fails when two do so at once, and leaves them when its last container goes.
/// </summary>
internal static class FirewallChains
{
    private const string MappingChain = "CNI-HOSTPORT-DNAT";
    private const string MasqueradeChain = "CNI-HOSTPORT-MASQ";
    private const string MarkChain = "CNI-HOSTPORT-SETMARK";

    /// <summary>Copies of one rule; as many as containers that started at the very same moment.</summary>
    private const int MaxCopies = 256;

    private static readonly string[] Programs = ["iptables", "ip6tables"];

    // In the order in which nothing is referred to any more when it goes.
    private static readonly string[] Chains = [MappingChain, MasqueradeChain, MarkChain];

    private static readonly string[][] Jumps =
    [
        ["PREROUTING", "-m", "addrtype", "--dst-type", "LOCAL", "-j", MappingChain],
        ["OUTPUT", "-m", "addrtype", "--dst-type", "LOCAL", "-j", MappingChain],
        ["POSTROUTING", "-m", "comment", "--comment", "CNI portfwd requiring masquerade", "-j", MasqueradeChain],
    ];

    // What the plugin has made when it made all that it shares: each chain, its jumps, and the rules of two of them.
    private static readonly (string Start, string Target)[] Made =
    [
        ("-A PREROUTING ", "-j " + MappingChain),
        ("-A OUTPUT ", "-j " + MappingChain),
        ("-A POSTROUTING ", "-j " + MasqueradeChain),
        ("-A " + MasqueradeChain + " ", "-j MASQUERADE"),
        ("-A " + MarkChain + " ", "-j MARK"),
    ];

    /// <summary>
    /// Held while the plugin maps ports. Containers that start at once share it, unless one of them has to make the
    /// chains: a plugin that looks for a chain, and then makes it, fails when another made it in between.
    /// </summary>
    /// <param name="network">Whose addresses say which of the two families' chains the plugin needs.</param>
    public static async Task<IDisposable> UseAsync(NetworkConfiguration network, CancellationToken cancellationToken)
    {
        var shared = await MachineLock.ShareAsync(cancellationToken);
        try
        {
            if (await AreMadeAsync("iptables", cancellationToken)
                && (!HasLongAddresses(network) || await AreMadeAsync("ip6tables", cancellationToken)))
            {
                return shared;
            }
        }
        catch
        {
            shared.Dispose();
            throw;
        }

        shared.Dispose();
        return await MachineLock.OwnAsync(cancellationToken);
    }

    public static async Task RemoveUnusedAsync(CancellationToken cancellationToken)
    {
        using var machine = await MachineLock.OwnAsync(cancellationToken);
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

    private static bool HasLongAddresses(NetworkConfiguration network) =>
        network.Plugins.Any(static plugin => plugin.ToJsonString().Contains("::", StringComparison.Ordinal));

    private static async Task<bool> AreMadeAsync(string program, CancellationToken cancellationToken)
    {
        var (code, rules, _) = await RunAsync(program, ["-S"], cancellationToken);
        var lines = rules.Split('\n');
        return code == 0 && Made.All(made => lines.Any(line =>
            line.StartsWith(made.Start, StringComparison.Ordinal) && line.Contains(made.Target, StringComparison.Ordinal)));
    }

    // Plugins of others on this machine that ran at once may each have added it: neither saw the other's.
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
