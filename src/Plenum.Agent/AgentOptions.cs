using System.Net;
using System.Net.Sockets;
using Plenum.Agent.Limits;
using Plenum.Agent.Networking;
using Plenum.Http.Access;
using Plenum.Http.Diagnostics;

namespace Plenum.Agent;

/// <summary>How one agent is set up. Every bound has a default that suits a small machine.</summary>
public sealed record AgentOptions
{
    /// <summary>Base address of the master, for example http://127.0.0.1:5050/.</summary>
    public required Uri Master { get; init; }

    /// <summary>Where sandboxes, checkpoints, images and volumes live. One agent a directory.</summary>
    public string WorkDirectory { get; init; } = "/var/lib/plenum/agent";

    /// <summary>Where the API listens. Anything but loopback is refused until callers have identities.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Mesos' port; 0 takes a free one.</summary>
    public int Port { get; init; } = 5051;

    /// <summary>Name of this machine as other machines and clients are told.</summary>
    public string Hostname { get; init; } = "localhost";

    /// <summary>
    /// Text ("cpus:4;mem:1024;ports:[31000-32000]") or a JSON array of Resource. What is not mentioned is
    /// detected.
    /// </summary>
    public string? Resources { get; init; }

    /// <summary>"rack:r1;size:4;zone:[1-3]".</summary>
    public string? Attributes { get; init; }

    /// <summary>What of the two may change over a restart in the same boot of the machine; Mesos' flag reconfiguration_policy.</summary>
    public ReconfigurationPolicy ReconfigurationPolicy { get; init; }

    /// <summary>CNI configurations of container networks; Mesos' flag network_cni_config_dir.</summary>
    public string NetworkConfigurationDirectory { get; init; } = "/etc/plenum/cni";

    /// <summary>Where CNI plugins are, colon-separated; Mesos' flag network_cni_plugins_dir.</summary>
    public string NetworkPluginDirectories { get; init; } = "/usr/lib/cni:/opt/cni/bin";

    /// <summary>IPv4 network of the agent's own bridge (mesos-bridge), such as 172.31.254.0/24; null: a free one.</summary>
    public string? BridgeSubnet { get; init; }

    /// <summary>IPv6 network of the same bridge, such as fd00:1234::/64; null: none. With it the machine forwards IPv6.</summary>
    public string? BridgeSubnet6 { get; init; }

    public AgentIsolation Isolation { get; init; } = AgentIsolation.Automatic;

    /// <summary>What tasks without an image see of the machine's files.</summary>
    public AgentHostPrograms HostPrograms { get; init; } = AgentHostPrograms.ReadOnly;

    /// <summary>
    /// A task that asks for the machine's own pid namespace gets it: it sees all processes, and as root may end them. The opposite
    /// of Mesos' flag disallow_sharing_agent_pid_namespace, which DC/OS has set.
    /// </summary>
    public bool SharesProcesses { get; init; }

    /// <summary>
    /// User and group ids of the machine for containers, as BASE:SIZE: each gets 65536 of them, and its root is nobody on the
    /// machine. Null: the users of containers are the machine's.
    /// </summary>
    public string? UserNamespaces { get; init; }

    /// <summary>With user ids of their own, containers see the owners of host paths below these as they are; elsewhere they are nobody.</summary>
    public IReadOnlyList<string> MappedVolumes { get; init; } = [];

    /// <summary>
    /// Where seccomp profiles lie that tasks may name, JSON files in docker's format; Mesos' flag seccomp_config_dir. Null:
    /// no task may name one.
    /// </summary>
    public string? SeccompConfigurationDirectory { get; init; }

    public TimeSpan RegistrationBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two answers of <c>/metrics/snapshot</c>.</summary>
    public TimeSpan MetricsInterval { get; init; } = RequestPace.OfMetrics;

    public ExecutorOptions Executors { get; init; } = ExecutorOptions.Default;

    /// <summary>Serve executors that are linked with the old driver (libmesos) and speak libprocess instead of HTTP.</summary>
    public bool Libprocess { get; init; } = true;

    /// <summary>Age at which the sandbox of something that ended goes; sooner when the disk fills. Mesos' week.</summary>
    public TimeSpan SandboxRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often sandboxes are looked through; Mesos' minute.</summary>
    public TimeSpan SandboxCollectionInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often persistent volumes are looked for: as often as a disk's use by default, since both read directories.</summary>
    public TimeSpan VolumeWatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Where the values of secrets lie that tasks refer to: the path of a file below it is the secret's name. Nobody
    /// but the agent's user may look into it. Null: "secrets" in the work directory.
    /// </summary>
    public string? SecretsDirectory { get; init; }

    /// <summary>
    /// Where the configurations of storage pools lie, one JSON file each; Mesos' flag resource_provider_config_dir. Null:
    /// "resource-providers" in the work directory.
    /// </summary>
    public string? ResourceProviderConfigDirectory { get; init; }

    /// <summary>
    /// The profiles that disks of storage pools are made by, as Mesos' disk profile adaptor reads them. Null:
    /// "disk-profiles.json" in the work directory where that exists.
    /// </summary>
    public string? DiskProfilesFile { get; init; }

    /// <summary>The program that speaks to the drivers of external volumes, by name or path.</summary>
    public string DockerVolumeDriverCli { get; init; } = "dvdcli";

    /// <summary>How long the pull of an image may take as a whole.</summary>
    public TimeSpan ImagePullTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Megabytes that images may take before those used least recently go.</summary>
    public int ImageStoreMegabytes { get; init; } = 20 * 1024;

    /// <summary>The age at which the front of a task's log is set aside though it is small; null for never.</summary>
    public TimeSpan? LogAge { get; init; }

    /// <summary>A docker config file with registry credentials for images that bring none of their own, or null.</summary>
    public string? RegistryCredentials { get; init; }

    /// <summary>HOST or HOST:PORT of registries that may be asked without TLS; those on this machine always may.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>A directory in the form of docker's certs.d with certificates of registries, or null.</summary>
    public string? RegistryCertificates { get; init; }

    /// <summary>
    /// Free space below which no container is started: it could not even write its first log line. A disk of a pool leaves as much.
    /// </summary>
    public long MinimumFreeBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>
    /// GPUs to give to tasks, by path, or by number as in Mesos' flag nvidia_gpu_devices: 1 is /dev/nvidia1. The resource gpus
    /// is their count.
    /// </summary>
    public IReadOnlyList<string> GraphicsDevices { get; init; } = [];

    /// <summary>What containers take of disks, and what becomes of those that take too much.</summary>
    public LimitOptions Limits { get; init; } = LimitOptions.Default;

    /// <summary>Largest request body. Executor updates and operator calls are far below it.</summary>
    public int MaxRequestBodyBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Records under way to the master before the link is given up and made again.</summary>
    public int MaxQueuedMessages { get; init; } = 16_384;

    /// <summary>Commands that wait for the agent's book; whoever brings more waits.</summary>
    public int MaxQueuedCommands { get; init; } = 16_384;

    /// <summary>Open exec and attach sessions.</summary>
    public int MaxSessions { get; init; } = 256;

    /// <summary>
    /// Ended containers of the operator API whose exit can still be asked for. Executors remove each when they have its exit;
    /// what is above this was forgotten by whoever launched it.
    /// </summary>
    public int MaxEndedContainers { get; init; } = 1_000;

    /// <summary>The file that this process's log goes to, for those who read it over the API; null when there is none.</summary>
    public string? LogFile { get; init; }

    /// <summary>How much the process logs. Whoever gives it filters the loggers by it; without one nothing hears of a change.</summary>
    public LogVerbosity? Verbosity { get; init; }

    /// <summary>Decides who may do what.</summary>
    public IAccessPolicy Access { get; init; } = LocalAccess.Instance;

    /// <summary>Says what is wrong with these options, or null.</summary>
    internal string? Validate()
    {
        if (!IPAddress.IsLoopback(Address))
        {
            return $"The agent listens on loopback only: whoever reaches {Address} could run programs on this "
                + "machine, and callers have no identity yet. Use 127.0.0.1 and a tunnel.";
        }

        if (Port is < 0 or > 65_535)
        {
            return $"{Port} is not a port.";
        }

        if (!Master.IsAbsoluteUri || Master.Scheme is not ("http" or "https"))
        {
            return $"The master's address must be an http or https address, not '{Master}'.";
        }

        if (!Path.IsPathFullyQualified(WorkDirectory))
        {
            return $"The work directory must be an absolute path, not '{WorkDirectory}'.";
        }

        if (BridgeSubnet is not null && Subnet.TryParse(BridgeSubnet) is null)
        {
            return $"The bridge's subnet must be an IPv4 network such as 172.31.254.0/24 with a prefix of 8 to 29 bits, not '{BridgeSubnet}'.";
        }

        if (BridgeSubnet6 is not null
            && (!IPNetwork.TryParse(BridgeSubnet6, out var six) || six.BaseAddress.AddressFamily != AddressFamily.InterNetworkV6))
        {
            return $"The bridge's IPv6 subnet must be a network such as fd00:1234::/64, not '{BridgeSubnet6}'.";
        }

        if (SeccompConfigurationDirectory is { } profiles && !Directory.Exists(profiles))
        {
            return $"The directory of seccomp profiles '{profiles}' does not exist: make it, or leave the option out.";
        }

        (string Name, long Value)[] bounds =
        [
            (nameof(MaxRequestBodyBytes), MaxRequestBodyBytes),
            (nameof(MaxQueuedMessages), MaxQueuedMessages),
            (nameof(MaxQueuedCommands), MaxQueuedCommands),
            (nameof(MaxSessions), MaxSessions),
            (nameof(MaxEndedContainers), MaxEndedContainers),
            (nameof(SandboxCollectionInterval), SandboxCollectionInterval.Ticks),
            (nameof(VolumeWatchInterval), VolumeWatchInterval.Ticks),
            (nameof(LimitOptions.DiskWatchInterval), Limits.DiskWatchInterval.Ticks),
            (nameof(LimitOptions.LoadWatchInterval), Limits.LoadWatchInterval.Ticks),
            (nameof(LimitOptions.PortsWatchInterval), Limits.PortsWatchInterval.Ticks),
            (nameof(RegistrationBackoff), RegistrationBackoff.Ticks),
            (nameof(ImagePullTimeout), ImagePullTimeout.Ticks),
            (nameof(ImageStoreMegabytes), ImageStoreMegabytes),
        ];
        foreach (var (name, value) in bounds)
        {
            if (value <= 0)
            {
                return $"{name} must be positive.";
            }
        }

        return null;
    }
}
