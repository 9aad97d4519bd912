using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Networking;

/// <summary>
/// The network that every agent has without any configuration: a bridge of its own with private addresses behind the
/// machine's, and mapped ports. The device is made when the first container asks for it.
/// </summary>
internal sealed partial class BridgeNetwork(string directory, string tag, NetworkOptions options, ILogger logger) : IDisposable
{
    /// <summary>DC/OS' own mesos-bridge; the next agents of a machine, and machines that use it otherwise, get one below it.</summary>
    private const string FirstSubnet = "172.31.254.0/24";

    private const uint SubnetStep = 256;
    private const int SubnetCandidates = 254;

    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Linux bounds the names of interfaces to 15 characters.</summary>
    public string Device { get; } = $"plm{tag}";

    private string SubnetFile => Path.Join(directory, "bridge-subnet");

    private string AddressDirectory => Path.Join(directory, "addresses");

    /// <exception cref="NetworkException">The bridge cannot be made.</exception>
    public async Task<NetworkConfiguration> PrepareAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var exists = DeviceExists();
            if (exists && File.Exists(SubnetFile) && Subnet.TryParse(await File.ReadAllTextAsync(SubnetFile, cancellationToken)) is { } kept)
            {
                return Describe(kept);
            }

            // 1. Nobody else on this machine chooses meanwhile.
            using var machine = await MachineLock.OwnAsync(cancellationToken);
            var subnet = Choose();

            // 2. On disk first: what a killed agent has made is found and removed by this name and file.
            Directory.CreateDirectory(directory);
            await File.WriteAllTextAsync(SubnetFile, subnet.ToString(), cancellationToken);

            // 3. Its address claims the subnet: from now on the machine has a route to it.
            if (!exists)
            {
                await RunAsync(cancellationToken, "link", "add", Device, "type", "bridge");
            }

            await RunAsync(cancellationToken, "addr", "replace", $"{subnet.Gateway}/{subnet.PrefixLength}", "dev", Device);
            await RunAsync(cancellationToken, "link", "set", Device, "up");
            await AddForwardRulesAsync(cancellationToken);
            Log.Made(logger, Device, subnet);
            return Describe(subnet);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>The device goes when no container uses it any more; the subnet stays chosen.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (DeviceExists())
        {
            await RunAsync(cancellationToken, "link", "delete", Device);
        }

        if (File.Exists(SubnetFile))
        {
            foreach (var rule in ForwardRules())
            {
                // There is none after a reboot.
                await NetworkTool.RunAsync("iptables", ["-w", "-D", "FORWARD", .. rule], cancellationToken);
            }
        }
    }

    /// <summary>
    /// Addresses of containers that this agent does not know: a power cut may keep the address store and lose the
    /// agent's own record.
    /// </summary>
    public void ReleaseAddresses(Func<string, bool> isKnown)
    {
        var store = Path.Join(AddressDirectory, NetworkOptions.DefaultBridgeNetwork);
        if (!Directory.Exists(store))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(store).Where(static file => char.IsAsciiDigit(Path.GetFileName(file)[0])))
        {
            // host-local writes the container's id in the first line.
            var owner = File.ReadLines(file).FirstOrDefault()?.Trim();
            if (owner is { Length: > 0 } && !isKnown(owner))
            {
                File.Delete(file);
            }
        }
    }

    // Of the agent's own network namespace; /sys shows that of whoever mounted it.
    private bool DeviceExists() =>
        File.ReadLines("/proc/net/dev").Any(line => line.TrimStart().StartsWith($"{Device}:", StringComparison.Ordinal));

    private Subnet Choose()
    {
        var others = Subnet.OfMachine().Where(route => route.Interface != Device).ToArray();
        if (options.BridgeSubnet is not null)
        {
            var wanted = Subnet.TryParse(options.BridgeSubnet)
                ?? throw new NetworkException($"'{options.BridgeSubnet}' is no IPv4 network such as {FirstSubnet}");
            return others.FirstOrDefault(route => route.Subnet.Overlaps(wanted)) is { Interface: not null } other
                ? throw new NetworkException(
                    $"the agent's bridge network {wanted} overlaps {other.Subnet} of this machine's {other.Interface}; choose another with --bridge-subnet")
                : wanted;
        }

        if (File.Exists(SubnetFile) && Subnet.TryParse(File.ReadAllText(SubnetFile)) is { } kept
            && !others.Any(route => route.Subnet.Overlaps(kept)))
        {
            return kept;
        }

        var candidate = Subnet.TryParse(FirstSubnet)!.Value;
        for (var i = 0; i < SubnetCandidates; i++, candidate = candidate with { Address = candidate.Address - SubnetStep })
        {
            if (!others.Any(route => route.Subnet.Overlaps(candidate)))
            {
                return candidate;
            }
        }

        throw new NetworkException("no network of 172.31.0.0/16 is free for the agent's bridge; choose another with --bridge-subnet");
    }

    private NetworkConfiguration Describe(Subnet subnet) => new(NetworkOptions.DefaultBridgeNetwork, "0.4.0",
    [
        new JsonObject
        {
            ["type"] = "bridge",
            ["bridge"] = Device,
            ["isGateway"] = true,
            ["ipMasq"] = true,
            // A container reaches its own mapped port, and others of the bridge theirs, through the machine's address.
            ["hairpinMode"] = true,
            ["ipam"] = new JsonObject
            {
                ["type"] = "host-local",
                ["dataDir"] = AddressDirectory,
                ["ranges"] = Ranges(subnet),
                ["routes"] = Routes(),
            },
        },
        new JsonObject
        {
            ["type"] = "portmap",
            ["capabilities"] = new JsonObject { ["portMappings"] = true },
            // Also from the machine's own loopback, which Mesos' port mapper could not do.
            ["snat"] = true,
        },
    ]);

    private JsonArray Ranges(Subnet subnet)
    {
        var four = new JsonArray(new JsonObject { ["subnet"] = subnet.ToString(), ["gateway"] = subnet.Gateway.ToString() });
        return options.BridgeSubnet6 is null
            ? [four]
            : [four, new JsonArray(new JsonObject { ["subnet"] = options.BridgeSubnet6 })];
    }

    private JsonArray Routes()
    {
        JsonArray routes = [new JsonObject { ["dst"] = "0.0.0.0/0" }];
        if (options.BridgeSubnet6 is not null)
        {
            routes.Add((JsonNode)new JsonObject { ["dst"] = "::/0" });
        }

        return routes;
    }

    /// <summary>
    /// A machine whose firewall forwards nothing by itself (one with docker, for example) would let no container out and
    /// nobody to a mapped port: what the bridge sends goes, and to it what was mapped or is an answer.
    /// </summary>
    private string[][] ForwardRules() =>
    [
        ["-i", Device, "-j", "ACCEPT"],
        ["-o", Device, "-m", "conntrack", "--ctstate", "DNAT,RELATED,ESTABLISHED", "-j", "ACCEPT"],
    ];

    private async Task AddForwardRulesAsync(CancellationToken cancellationToken)
    {
        foreach (var rule in ForwardRules())
        {
            var (code, _, _) = await NetworkTool.RunAsync("iptables", ["-w", "-C", "FORWARD", .. rule], cancellationToken);
            if (code != 0)
            {
                var (failed, _, message) = await NetworkTool.RunAsync("iptables", ["-w", "-I", "FORWARD", .. rule], cancellationToken);
                if (failed != 0)
                {
                    throw new NetworkException($"the bridge {Device} is not let through the firewall: {message}");
                }
            }
        }
    }

    private static async Task RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var (code, _, message) = await NetworkTool.RunAsync("ip", arguments, cancellationToken);
        if (code != 0)
        {
            throw new NetworkException($"ip {string.Join(' ', arguments)}: {message}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Made the bridge {Device} with {Subnet}")]
        public static partial void Made(ILogger logger, string device, Subnet subnet);
    }
}
