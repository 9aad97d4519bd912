using System.Net;
using Plenum.Agent;
using Plenum.Kernel.Allocation;
using Plenum.Marathon;
using Plenum.Marathon.Core;
using Plenum.Master;
using Plenum.Metronome;
using Plenum.Metronome.Core;
using Plenum.Server.Hosting;
using Plenum.Storage.Sqlite;

namespace Plenum.Server.Commands;

/// <summary>How each role is put together from what the command line said.</summary>
internal static class Roles
{
    /// <summary>First and last host port that tasks may be given; Mesos' default range.</summary>
    private const int FirstTaskPort = 31000;

    private const int LastTaskPort = 32000;

    /// <returns>Where Metronome answers.</returns>
    public static async Task<Uri> AddMasterAsync(
        RunningRole role, NodeOptions node, ProcessLog log, CancellationToken cancellationToken)
    {
        var store = role.Add(SqliteStateStore.Open(new SqliteStoreOptions { Directory = node.State.Store }));
        var master = role.Add(await MasterServer.StartAsync(
            new MasterOptions
            {
                Address = node.Listen,
                Port = node.MasterPort,
                RoleSorter = node.RandomRoles ? SorterKind.Random : SorterKind.Drf,
                FrameworkSorter = node.RandomFrameworks ? SorterKind.Random : SorterKind.Drf,
                LogFile = log.File,
                Verbosity = log.Verbosity,
                Libprocess = node.Libprocess,
                AgentRemovalInterval = node.AgentRemovalSeconds == 0 ? null : TimeSpan.FromSeconds(node.AgentRemovalSeconds),
                OfferTimeout = node.OfferTimeoutSeconds == 0 ? null : TimeSpan.FromSeconds(node.OfferTimeoutSeconds),
                WhitelistFile = node.WhitelistFile,
            },
            store,
            TimeProvider.System,
            log.Loggers,
            cancellationToken));
        var marathon = role.Add(await MarathonServer.StartAsync(
            new MarathonOptions
            {
                Address = node.Listen,
                Port = node.MarathonPort,
                MasterUri = node.Master.ToString(),
                // As Marathon's own default: an agent that is not root can give tasks no other user.
                User = Environment.UserName,
                MesosBridgeName = node.MesosBridgeName,
                DefaultNetworkName = node.DefaultNetworkName,
            },
            master.InProcessTransport,
            store,
            TimeProvider.System,
            log.Loggers,
            cancellationToken));
        var metronome = role.Add(await MetronomeServer.StartAsync(
            new MetronomeOptions
            {
                Address = node.Listen,
                Port = node.MetronomePort,
                MasterUri = node.Master.ToString(),
                User = Environment.UserName,
                MesosBridgeName = node.MesosBridgeName,
                DefaultNetworkName = node.DefaultNetworkName,
            },
            master.InProcessTransport,
            store,
            TimeProvider.System,
            log.Loggers,
            cancellationToken));
        role.Watch(master.Completion);
        role.Watch(marathon.Completion);
        role.Watch(metronome.Completion);
        return metronome.Address;
    }

    public static async Task AddAgentAsync(
        RunningRole role, NodeOptions node, ProcessLog log, CancellationToken cancellationToken)
    {
        if (node is { Agents: > 1, Limits.ExclusiveProcessors: true })
        {
            throw new AgentStartException("Of several agents on one machine none can give processors to tasks alone: start one agent, or leave out --exclusive-cpus.");
        }

        if (node is { Agents: > 1, UserNamespaces: not null })
        {
            throw new AgentStartException("Of several agents on one machine each would give the same user ids to its containers: start one agent, or leave out --user-namespaces.");
        }

        var defaults = new AgentOptions { Master = node.Master };
        var agent = role.Add(await AgentServer.StartAsync(
            defaults with
            {
                Address = node.Listen,
                Port = node.AgentPort + node.AgentNumber - 1,
                NetworkConfigurationDirectory = node.NetworkConfigurations ?? defaults.NetworkConfigurationDirectory,
                NetworkPluginDirectories = node.NetworkPlugins ?? defaults.NetworkPluginDirectories,
                BridgeSubnet = node.BridgeSubnet,
                BridgeSubnet6 = node.BridgeSubnet6,
                WorkDirectory = node.State.Agent(node.AgentNumber),
                LogFile = log.File,
                Verbosity = log.Verbosity,
                Hostname = Hostname(node),
                Resources = Resources(node),
                Libprocess = node.Libprocess,
                Attributes = node.Attributes,
                ReconfigurationPolicy = node.ReconfigurationPolicy,
                SecretsDirectory = SecretsOf(node),
                ResourceProviderConfigDirectory = node.ResourceProviderConfigDirectory,
                DiskProfilesFile = node.DiskProfiles,
                HostPrograms = node.SharesHost ? AgentHostPrograms.Shared : AgentHostPrograms.ReadOnly,
                UserNamespaces = node.UserNamespaces,
                MappedVolumes = node.MappedVolumes,
                SeccompConfigurationDirectory = node.SeccompConfigurationDirectory,
                DockerVolumeDriverCli = node.DockerVolumeDriverCli,
                ImagePullTimeout = node.ImagePullTimeout,
                ImageStoreMegabytes = node.ImageStoreMegabytes,
                LogAge = node.LogAge,
                RegistryCredentials = node.RegistryCredentials,
                RegistryCertificates = node.RegistryCertificates,
                InsecureRegistries = node.InsecureRegistries,
                Limits = node.Limits,
                Executors = node.Executors,
                SandboxRetention = node.SandboxRetention,
                SharesProcesses = node.SharesProcesses,
                GraphicsDevices = node.AgentNumber == 1 ? node.GraphicsDevices : [],
                Isolation = node.ProcessRuntime ? AgentIsolation.Processes : AgentIsolation.Automatic,
            },
            TimeProvider.System,
            log.Loggers,
            cancellationToken));
        role.Watch(agent.Completion);
    }

    /// <summary>The usual directory is made when it is missing; a named one is the operator's own.</summary>
    private static string SecretsOf(NodeOptions node)
    {
        if (node.SecretsDirectory is { } named)
        {
            return named;
        }

        Directory.CreateDirectory(node.State.Secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return node.State.Secrets;
    }

    /// <summary>
    /// All of 127/8 is this machine, so every agent of it can have a host name that works, and constraints on
    /// the host name can be tried on a laptop.
    /// </summary>
    private static string Hostname(NodeOptions node) => node.Listen.Equals(IPAddress.Loopback)
        ? $"127.0.0.{node.AgentNumber}"
        : node.Listen.ToString();

    private static string Resources(NodeOptions node)
    {
        var given = node.Resources?.TrimEnd(';') ?? "";
        if (given.Contains("ports", StringComparison.Ordinal))
        {
            return given;
        }

        var (first, last) = PortShare(node.AgentNumber, node.Agents);
        return $"{given}{(given.Length > 0 ? ";" : "")}ports:[{first}-{last}]";
    }

    /// <summary>Agents of one machine share its host network, so each gets its own part of the port range.</summary>
    internal static (int First, int Last) PortShare(int number, int agents)
    {
        var share = (LastTaskPort - FirstTaskPort + 1) / agents;
        var first = FirstTaskPort + ((number - 1) * share);
        return (first, number == agents ? LastTaskPort : first + share - 1);
    }
}
