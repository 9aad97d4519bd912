using System.Net;
using Plenum.Agent;
using Plenum.Agent.Limits;

namespace Plenum.Server.Hosting;

/// <summary>What the command line says about this machine's part in the cluster.</summary>
internal sealed record NodeOptions
{
    /// <summary>What DC/OS sets: Mesos' own default of none lets one slow framework starve the others.</summary>
    public const int DefaultOfferTimeoutSeconds = 120;

    public required StateLayout State { get; init; }

    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    public int MasterPort { get; init; } = 5050;

    public int MarathonPort { get; init; } = 8080;

    /// <summary>0 takes any free port.</summary>
    public int MetronomePort { get; init; } = 9000;

    /// <summary>Port of the first agent; the others follow it.</summary>
    public int AgentPort { get; init; } = 5051;

    /// <summary>Agents of this machine together; they share its host ports.</summary>
    public int Agents { get; init; } = 1;

    /// <summary>Which of them this process is, counted from 1.</summary>
    public int AgentNumber { get; init; } = 1;

    /// <summary>Mesos' resource text that replaces what the machine has, or null.</summary>
    public string? Resources { get; init; }

    public string? Attributes { get; init; }

    public ReconfigurationPolicy ReconfigurationPolicy { get; init; }

    /// <summary>No isolation even as root.</summary>
    public bool ProcessRuntime { get; init; }

    /// <summary>Null where the command has no such option.</summary>
    public string? NetworkConfigurations { get; init; }

    public string? NetworkPlugins { get; init; }

    public string? BridgeSubnet { get; init; }

    public string? BridgeSubnet6 { get; init; }

    /// <summary>Roles are served by lot instead of by their shares.</summary>
    public bool RandomRoles { get; init; }

    public bool RandomFrameworks { get; init; }

    /// <summary>Serve frameworks linked with the old driver.</summary>
    public bool Libprocess { get; init; } = true;

    /// <summary>0 leaves offers with their framework for ever.</summary>
    public int OfferTimeoutSeconds { get; init; } = DefaultOfferTimeoutSeconds;

    /// <summary>Names the agents that are offered; null: all of them.</summary>
    public string? WhitelistFile { get; init; }

    /// <summary>Shortest time between two agents declared unreachable; 0 is no limit.</summary>
    public int AgentRemovalSeconds { get; init; }

    /// <summary>Where the agent finds the values of secrets; null: below the state directory.</summary>
    public string? SecretsDirectory { get; init; }

    /// <summary>Configurations of storage pools; null: in the agent's own directory.</summary>
    public string? ResourceProviderConfigDirectory { get; init; }

    /// <summary>Profiles of the disks that pools are cut into.</summary>
    public string? DiskProfiles { get; init; }

    /// <summary>The program that speaks to drivers of external volumes.</summary>
    public string DockerVolumeDriverCli { get; init; } = "dvdcli";

    /// <summary>Tasks without an image see all of the machine's files instead of its programs, read-only.</summary>
    public bool SharesHost { get; init; }

    /// <summary>Ids for containers as BASE:SIZE; null: the machine's.</summary>
    public string? UserNamespaces { get; init; }

    public IReadOnlyList<string> MappedVolumes { get; init; } = [];

    /// <summary>Seccomp profiles that tasks may name; null: none.</summary>
    public string? SeccompConfigurationDirectory { get; init; }

    public TimeSpan ImagePullTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public int ImageStoreMegabytes { get; init; } = 20 * 1024;

    public TimeSpan? LogAge { get; init; }

    /// <summary>Docker config file for images without credentials of their own.</summary>
    public string? RegistryCredentials { get; init; }

    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Directory with certificates for registries.</summary>
    public string? RegistryCertificates { get; init; }

    /// <summary>Of the first agent: a GPU has one owner.</summary>
    public IReadOnlyList<string> GraphicsDevices { get; init; } = [];

    public LimitOptions Limits { get; init; } = LimitOptions.Default;

    public ExecutorOptions Executors { get; init; } = ExecutorOptions.Default;

    public TimeSpan SandboxRetention { get; init; } = TimeSpan.FromDays(7);

    public bool SharesProcesses { get; init; }

    /// <summary>What Marathon calls container/bridge.</summary>
    public string MesosBridgeName { get; init; } = "mesos-bridge";

    /// <summary>Marathon's network for apps that name none.</summary>
    public string? DefaultNetworkName { get; init; }

    public Uri Master => new($"http://{Host}:{MasterPort}");

    public Uri Marathon => new($"http://{Host}:{MarathonPort}");

    public Uri Agent(int number) => new($"http://{Host}:{AgentPort + number - 1}");

    private string Host => Listen.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Listen}]" : Listen.ToString();
}
