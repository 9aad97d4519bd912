using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;

namespace Plenum.Agent;

/// <summary>
/// Takes down what an agent left when it ended: its containers with their mounts and cgroups, also plain
/// processes. Checkpoints and sandboxes stay, so the agent's next start reports those tasks as ended.
/// </summary>
public static class AgentCleanup
{
    /// <returns>How many containers were removed.</returns>
    /// <exception cref="ContainerLaunchException">The work directory needs a runtime this user cannot have.</exception>
    public static async Task<int> RemoveContainersAsync(
        string workDirectory, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var removed = 0;
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

        return removed;
    }
}
