using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Plenum.Metronome.Core;
using Plenum.Server.Hosting;

namespace Plenum.Server.Commands;

/// <summary>The options that several roles share, each said once.</summary>
internal sealed class NodeArguments
{
    private const int MaxAgents = 64;

    public Option<string> State { get; } = new("--state")
    {
        Description = "Directory that keeps everything durable.",
        DefaultValueFactory = _ => Environment.IsPrivilegedProcess
            ? "/var/lib/plenum"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "plenum"),
    };

    public Option<IPAddress> Listen { get; } = new("--listen")
    {
        Description = "Address of the APIs. Only loopback for now: there is no login yet.",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = ParseListen,
    };

    public Option<int> MasterPort { get; } = Port("--master-port", "Port of the Mesos-compatible master API.", 5050);

    public Option<int> MarathonPort { get; } = Port("--marathon-port", "Port of the Marathon-compatible API.", 8080);

    public Option<int> MetronomePort { get; } = Port(
        "--metronome-port", "Port of the Metronome-compatible API. With --marathon-port and without this it is any free one.", MetronomeOptions.DefaultPort);

    public Option<int> AgentPort { get; } = Port("--agent-port", "Port of the first agent; further agents take the next ones.", 5051);

    public Option<int> Agents { get; } = Bounded("--agents", "Agents on this machine, which share its host ports.", 1, 1, MaxAgents);

    public Option<int> Number { get; } = Bounded("--number", "Which of this machine's agents this one is.", 1, 1, MaxAgents);

    public Option<string?> Resources { get; } = new("--resources")
    {
        Description = "What the agent offers instead of what the machine has, e.g. cpus:4;mem:8192;disk:10000;ports:[31000-32000].",
    };

    public Option<string?> Attributes { get; } = new("--attributes")
    {
        Description = "Attributes of the agent, e.g. rack:r1;zone:a.",
    };

    public Option<string> ReconfigurationPolicy { get; } = Policy();

    public Option<bool> ProcessRuntime { get; } = new("--process-runtime")
    {
        Description = "Run tasks as plain processes without any isolation (always so where this is not root).",
    };

    public Option<string> NetworkConfigurations { get; } = new("--network-cni-config-dir", "--network_cni_config_dir")
    {
        Description = "Directory of CNI configurations: the container networks of the agent besides its own mesos-bridge.",
        DefaultValueFactory = _ => "/etc/plenum/cni",
    };

    public Option<string> NetworkPlugins { get; } = new("--network-cni-plugins-dir", "--network_cni_plugins_dir")
    {
        Description = "Directories of CNI plugins, separated by colons.",
        DefaultValueFactory = _ => "/usr/lib/cni:/opt/cni/bin",
    };

    public Option<string?> BridgeSubnet { get; } = new("--bridge-subnet")
    {
        Description = "IPv4 network of mesos-bridge, e.g. 172.31.254.0/24; a free one is chosen if this is not given.",
    };

    public Option<string?> SecretsDirectory { get; } = new("--secrets-dir")
    {
        Description = "Directory with the values of secrets that tasks refer to; a file's path below it is the secret's name. "
            + "Mode 0700. Without it, secrets below the state directory.",
    };

    public Option<string?> ResourceProviderConfigDirectory { get; } = new("--resource-provider-config-dir")
    {
        Description = "Directory with the configurations of the agent's storage pools, one JSON file each. "
            + "Without it, resource-providers in the agent's own directory. Each agent needs pools of its own.",
    };

    public Option<string?> DiskProfiles { get; } = new("--disk-profiles")
    {
        Description = "JSON file with the profiles (profile_matrix) by which CREATE_DISK makes disks of storage pools. "
            + "Without it, disk-profiles.json in the agent's own directory where that exists.",
    };

    public Option<string> DockerVolumeDriverCli { get; } = new("--docker-volume-driver-cli")
    {
        Description = "Program that mounts external volumes through their drivers, by name or path.",
        DefaultValueFactory = static _ => "dvdcli",
    };

    public Option<string> HostPrograms { get; } = Choice(
        "--host-programs",
        "What tasks without an image see of the machine: its programs (read-only), or all its files, which they may change with the rights of "
            + "their user (shared, as Mesos' agents do: a task that runs as root can then change anything on the machine).",
        "read-only",
        "shared");

    public Option<string?> UserNamespaces { get; } = new("--user-namespaces")
    {
        Description = "Ids of the machine for containers as BASE:SIZE, such as 1000000:65536000: each container gets 65536 of them, so that its root "
            + "is nobody on the machine. Without it the users of containers are the machine's.",
    };

    public Option<string?> MappedVolumes { get; } = new("--mapped-volumes")
    {
        Description = "With --user-namespaces: directories of the machine, with commas, whose files keep their owners in containers that mount them; "
            + "in all other host paths a container has the rights of nobody.",
    };

    public Option<string?> SeccompConfigurationDirectory { get; } = new("--seccomp-config-dir", "--seccomp_config_dir")
    {
        Description = "Directory of the seccomp profiles that tasks may name, JSON files in docker's format. Without it they may name none.",
    };

    public Option<string> RoleSorter { get; } = Sorter("--role-sorter", "--role_sorter", "Order in which roles are offered resources");

    public Option<string> FrameworkSorter { get; } =
        Sorter("--framework-sorter", "--framework_sorter", "Order in which the frameworks of a role are offered resources");

    public Option<int> OfferTimeout { get; } = Bounded(
        "--offer-timeout", "Seconds after which an unanswered offer is taken back; 0 never does.", NodeOptions.DefaultOfferTimeoutSeconds, 0, 7 * 24 * 3600);

    public Option<bool> Libprocess { get; } = new("--libprocess")
    {
        Description = "Serve frameworks and executors linked with the old driver (libmesos): true or false.",
        DefaultValueFactory = static _ => true,
    };

    public Option<string?> Whitelist { get; } = new("--whitelist")
    {
        Description = "File with the hostnames of the agents to offer, one a line, read again every 5 seconds; without it, all agents.",
    };

    public Option<int> AgentRemoval { get; } = Bounded(
        "--agent-removal-interval", "Seconds between two agents declared unreachable, so that a broken switch does not lose all at once; 0 is no limit.", 0, 0, 24 * 3600);

    public Option<string?> BridgeSubnet6 { get; } = new("--bridge-subnet6")
    {
        Description = "IPv6 network of mesos-bridge, e.g. fd00:1234::/64; without it there is none. The machine then forwards IPv6.",
    };

    public Option<int> ImagePullTimeout { get; } = Bounded(
        "--image-pull-timeout", "Seconds that the pull of an image may take as a whole.", 600, 1, 86_400);

    public Option<int> ImageStoreSize { get; } = Bounded(
        "--image-store-size", "Megabytes that images may take before those used least recently go.", 20 * 1024, 1, int.MaxValue);

    public Option<int> LogAge { get; } = Bounded(
        "--log-age", "Hours after which the front of a task's log is set aside though it is small; 0 never does.", 0, 0, 24 * 365);

    public Option<string?> DockerConfig { get; } = new("--docker-config")
    {
        Description = "Docker config file with registry credentials for images that bring none of their own.",
    };

    public Option<string?> RegistryCertificates { get; } = new("--registry-certs-dir")
    {
        Description = "Directory like docker's certs.d: HOST[:PORT]/*.crt are authorities of that registry, *.cert and *.key the agent's own.",
    };

    public Option<string?> InsecureRegistries { get; } = new("--insecure-registries")
    {
        Description = "HOST or HOST:PORT of registries, comma-separated, that may be asked without TLS or with a certificate that nobody vouches for.",
    };

    public LimitArguments Limits { get; } = new();

    public ExecutorArguments Executors { get; } = new();

    public Option<string> MesosBridgeName { get; } = new("--mesos-bridge-name", "--mesos_bridge_name")
    {
        Description = "Agents' network that Marathon and Metronome take for the mode container/bridge.",
        DefaultValueFactory = static _ => "mesos-bridge",
    };

    public Option<string?> DefaultNetworkName { get; } = new("--default-network-name", "--default_network_name")
    {
        Description = "Agents' network that Marathon and Metronome take for the mode container where an app or a job names none; else such a one is refused.",
    };

    public NodeOptions Read(ParseResult parsed) => new()
    {
        State = new StateLayout(Path.GetFullPath(parsed.GetValue(State)!)),
        Listen = parsed.GetValue(Listen)!,
        MasterPort = parsed.GetValue(MasterPort),
        MarathonPort = parsed.GetValue(MarathonPort),

        // Clusters side by side have ports of their own for what existed when their scripts were written: the jobs must
        // not be what they meet at.
        MetronomePort = parsed.GetResult(MetronomePort) is not { Implicit: false } && parsed.GetResult(MarathonPort) is { Implicit: false }
            ? 0
            : parsed.GetValue(MetronomePort),
        AgentPort = parsed.GetValue(AgentPort),
        Agents = parsed.GetValue(Agents),
        // The first agent runs inside up, which has no --number.
        AgentNumber = parsed.GetResult(Number) is null ? 1 : parsed.GetValue(Number),
        Resources = parsed.GetValue(Resources),
        Attributes = parsed.GetValue(Attributes),
        ReconfigurationPolicy = parsed.GetValue(ReconfigurationPolicy) switch
        {
            "equal" => Agent.ReconfigurationPolicy.Equal,
            "additive" => Agent.ReconfigurationPolicy.Additive,
            _ => Agent.ReconfigurationPolicy.Any,
        },
        ProcessRuntime = parsed.GetValue(ProcessRuntime),
        NetworkConfigurations = parsed.GetValue(NetworkConfigurations),
        NetworkPlugins = parsed.GetValue(NetworkPlugins),
        BridgeSubnet = parsed.GetValue(BridgeSubnet),
        BridgeSubnet6 = parsed.GetValue(BridgeSubnet6),
        RandomRoles = parsed.GetValue(RoleSorter) is "random",
        RandomFrameworks = parsed.GetValue(FrameworkSorter) is "random",
        Libprocess = parsed.GetResult(Libprocess) is null || parsed.GetValue(Libprocess),
        // An agent has no such option.
        AgentRemovalSeconds = parsed.GetResult(AgentRemoval) is null ? 0 : parsed.GetValue(AgentRemoval),
        OfferTimeoutSeconds = parsed.GetResult(OfferTimeout) is null ? NodeOptions.DefaultOfferTimeoutSeconds : parsed.GetValue(OfferTimeout),
        WhitelistFile = parsed.GetValue(Whitelist) is { } whitelist ? LocalPath(whitelist) : null,
        SecretsDirectory = parsed.GetValue(SecretsDirectory) is { } secrets ? Path.GetFullPath(secrets) : null,
        ResourceProviderConfigDirectory = parsed.GetValue(ResourceProviderConfigDirectory) is { } pools ? Path.GetFullPath(pools) : null,
        DiskProfiles = parsed.GetValue(DiskProfiles) is { } profiles ? Path.GetFullPath(profiles) : null,
        // The master has no such option.
        SharesHost = parsed.GetResult(HostPrograms) is not null && parsed.GetValue(HostPrograms) is "shared",
        UserNamespaces = parsed.GetValue(UserNamespaces),
        MappedVolumes = [.. (parsed.GetValue(MappedVolumes) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Path.GetFullPath)],
        SeccompConfigurationDirectory = parsed.GetValue(SeccompConfigurationDirectory) is { } seccomp ? Path.GetFullPath(seccomp) : null,
        DockerVolumeDriverCli = parsed.GetValue(DockerVolumeDriverCli)!,
        ImagePullTimeout = TimeSpan.FromSeconds(parsed.GetValue(ImagePullTimeout)),
        ImageStoreMegabytes = parsed.GetValue(ImageStoreSize),
        LogAge = parsed.GetValue(LogAge) is > 0 and var hours ? TimeSpan.FromHours(hours) : null,
        RegistryCredentials = parsed.GetValue(DockerConfig) is { } config ? Path.GetFullPath(config) : null,
        InsecureRegistries = (parsed.GetValue(InsecureRegistries) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        RegistryCertificates = parsed.GetValue(RegistryCertificates) is { } certificates ? Path.GetFullPath(certificates) : null,
        Limits = Limits.Read(parsed),
        Executors = Executors.Read(parsed),
        SandboxRetention = TimeSpan.FromSeconds(parsed.GetValue(Executors.SandboxRetention)),
        SharesProcesses = parsed.GetValue(Executors.SharesProcesses),
        GraphicsDevices = Limits.ReadGraphics(parsed),
        MesosBridgeName = parsed.GetValue(MesosBridgeName)!,
        DefaultNetworkName = parsed.GetValue(DefaultNetworkName),
    };

    /// <summary>Mesos takes such files as <c>file:///path</c> too.</summary>
    private static string LocalPath(string file)
    {
        const string scheme = "file://";
        return Path.GetFullPath(file.StartsWith(scheme, StringComparison.Ordinal) ? file[scheme.Length..] : file);
    }

    private static IPAddress? ParseListen(ArgumentResult result)
    {
        var (address, error) = ListenAddress.Parse(result.Tokens.Single().Value);
        if (error is not null)
        {
            result.AddError($"--listen: {error}");
        }

        return address;
    }

    private static Option<string> Policy()
    {
        var option = new Option<string>("--reconfiguration-policy", "--reconfiguration_policy")
        {
            Description = "What may change when an agent starts again before the machine does: any; additive (more resources, new attributes); equal (nothing).",
            DefaultValueFactory = static _ => "any",
        };
        option.AcceptOnlyFromAmong("any", "additive", "equal");
        return option;
    }

    private static Option<string> Sorter(string name, string alias, string description)
    {
        var option = new Option<string>(name, alias)
        {
            Description = description + ": drf (the smallest dominant share first) or random (by lot).",
            DefaultValueFactory = _ => "drf",
        };
        option.AcceptOnlyFromAmong("drf", "random");
        return option;
    }

    /// <summary>One of some words; the first is the default.</summary>
    private static Option<string> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => words[0] };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    private static Option<int> Port(string name, string description, int value) => Bounded(name, description, value, 1, ushort.MaxValue);

    internal static Option<int> Bounded(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is var given && (given < least || given > most))
            {
                result.AddError($"{name} takes a number from {least} to {most}, not {given}");
            }
        });
        return option;
    }
}
