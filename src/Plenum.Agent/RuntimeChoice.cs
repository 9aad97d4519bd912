using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Networking;

namespace Plenum.Agent;

/// <summary>Which runtime an agent gets.</summary>
internal static class RuntimeChoice
{
    private const long BytesPerMegabyte = 1024 * 1024;

    /// <exception cref="AgentStartException">The machine lacks what containers were to have.</exception>
    public static async Task<IReadOnlyList<RecoveredContainer>> RecoverAsync(IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.RecoverAsync(cancellationToken);
        }
        catch (ContainerLaunchException exception)
        {
            throw new AgentStartException(exception.Message, exception);
        }
    }

    /// <exception cref="AgentStartException">Containers were asked for and cannot be had.</exception>
    public static IContainerRuntime Create(AgentOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        var root = System.Environment.IsPrivilegedProcess;
        if (options.Isolation == AgentIsolation.Containers && !root)
        {
            throw new AgentStartException("Containers need root. Start the agent as root, or choose plain processes.");
        }

        if (options.Limits.ExclusiveProcessors && (!root || options.Isolation == AgentIsolation.Processes))
        {
            throw new AgentStartException("Processors are given to containers only, not to plain processes. Start the agent as root, or without --exclusive-cpus.");
        }

        if (options.UserNamespaces is not null && (!root || options.Isolation == AgentIsolation.Processes))
        {
            throw new AgentStartException("Only containers have user ids of their own, plain processes do not. Start the agent as root, or without --user-namespaces.");
        }

        if (options is { UserNamespaces: not null, HostPrograms: AgentHostPrograms.Shared })
        {
            throw new AgentStartException("A task with user ids of its own owns nothing of the machine's files: leave out --host-programs shared, or --user-namespaces.");
        }

        try
        {
            return ContainerRuntimes.Create(
                new ContainerRuntimeOptions
                {
                    WorkDirectory = options.WorkDirectory,
                    Isolation = root && options.Isolation != AgentIsolation.Processes
                        ? ContainerIsolation.Linux
                        : ContainerIsolation.None,
                    Networks = new NetworkOptions
                    {
                        ConfigurationDirectory = options.NetworkConfigurationDirectory,
                        PluginDirectories = options.NetworkPluginDirectories.Split(':', StringSplitOptions.RemoveEmptyEntries),
                        BridgeSubnet = options.BridgeSubnet,
                        BridgeSubnet6 = options.BridgeSubnet6,
                    },
                    SharesHost = options.HostPrograms == AgentHostPrograms.Shared,
                    Users = options.UserNamespaces is { } users
                        ? UserNamespaceOptions.Parse(users) with { MappedPaths = options.MappedVolumes }
                        : null,
                    ExclusiveProcessors = options.Limits.ExclusiveProcessors,
                    BindsProcessors = options.Limits.BindsProcessors,
                    SharesProcesses = options.SharesProcesses,
                    SeccompDirectory = options.SeccompConfigurationDirectory,
                    DockerVolumeDriverCli = options.DockerVolumeDriverCli,
                    ImagePullTimeout = options.ImagePullTimeout,
                    ImageStoreBytes = options.ImageStoreMegabytes * BytesPerMegabyte,
                    MinimumFreeBytes = options.MinimumFreeBytes,
                    RegistryCredentials = options.RegistryCredentials,
                    RegistryCertificates = options.RegistryCertificates,
                    InsecureRegistries = options.InsecureRegistries,
                    Logs = new ContainerRuntimeOptions { WorkDirectory = "" }.Logs with { Age = options.LogAge },
                },
                clock,
                loggers);
        }
        catch (ContainerLaunchException exception)
        {
            throw new AgentStartException(exception.Message, exception);
        }
    }
}
