using Microsoft.Extensions.Logging;
using Plenum.Agent.Book.Recovery;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Disks;
using Plenum.Agent.Native;
using Plenum.Agent.Networking;

namespace Plenum.Agent;

/// <summary>
/// Takes down what an agent left when it ended: its containers with their mounts and cgroups, also plain
/// processes; the mounts of its disks. Checkpoints and sandboxes stay, so the agent's next start reports those tasks as ended.
/// </summary>
public static partial class AgentCleanup
{
    /// <returns>How many containers were removed.</returns>
    /// <exception cref="AgentStartException">An agent runs on this directory.</exception>
    /// <exception cref="ContainerLaunchException">The work directory needs a runtime this user cannot have.</exception>
    public static async Task<int> RemoveContainersAsync(
        string workDirectory, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var removed = 0;
        // The agent's own lock: what a running agent has is not anybody's to remove.
        using var store = CheckpointStore.Open(workDirectory, loggers.CreateLogger("Plenum.Agent"));
        // An agent may have run with containers one day and with plain processes another.
        var isolations = Environment.IsPrivilegedProcess
            ? new[] { ContainerIsolation.Linux, ContainerIsolation.None }
            : [ContainerIsolation.None];
        foreach (var isolation in isolations)
        {
            await using var runtime = ContainerRuntimes.Create(
                new ContainerRuntimeOptions { WorkDirectory = workDirectory, Isolation = isolation }, clock, loggers);
            foreach (var container in await runtime.RecoverAsync(cancellationToken))
            {
                await runtime.DestroyAsync(container.Key);
                removed++;
            }
        }

        if (Environment.IsPrivilegedProcess)
        {
            foreach (var problem in await DiskPools.PutAwayAsync(BookRecovery.CheckpointedPools(store.Load().Records)))
            {
                Log.DiskStays(loggers.CreateLogger("Plenum.Agent"), problem);
            }

            await RemoveNetworksAsync(workDirectory, clock, loggers, cancellationToken);
        }

        RemoveEmptyCgroups();
        return removed;
    }

    /// <summary>The bridge, namespaces and firewall rules that were made for the containers.</summary>
    private static async Task RemoveNetworksAsync(string workDirectory, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await using var networks = new ContainerNetworks(new NetworkOptions(), workDirectory, clock, loggers.CreateLogger<ContainerNetworks>());
        networks.Load();
        await networks.RemoveOrphansAsync(static _ => false);
        await networks.RemoveSharedAsync(cancellationToken);
    }

    /// <summary>
    /// The parent of all containers' cgroups goes with the last of them. Another cluster on this machine may have
    /// containers in it; the kernel refuses to remove it then, which is right.
    /// </summary>
    private static void RemoveEmptyCgroups()
    {
        var parent = new ContainerRuntimeOptions { WorkDirectory = "" }.CgroupParent;
        foreach (var path in CgroupHost.Detect().PathsOf(parent).Where(Directory.Exists))
        {
            _ = LibC.RemoveDirectory(path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Problem}")]
        public static partial void DiskStays(ILogger logger, string problem);
    }
}
