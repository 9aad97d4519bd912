using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>The end of a container: kill, wait, remove.</summary>
internal sealed partial class ConmonRuntime
{
    private async Task DestroyContainerAsync(RunningContainer container)
    {
        if (!container.Launched.Task.IsCompleted)
        {
            await container.LaunchCancellation.CancelAsync();
            await container.Launched.Task;
        }
        if (_containers.ContainsKey(container.Key))
        {
            await RemoveAsync(container);
        }
    }

    /// <summary>Of a launch that failed. Why it failed counts for its task, not what hinders its removal.</summary>
    private async Task<bool> TryRemoveAsync(RunningContainer container)
    {
        try
        {
            await RemoveAsync(container);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or TimeoutException)
        {
            Log.NotRemoved(_logger, container.Key, failure);
            return false;
        }
    }

    /// <summary>Works on a container in any state, half-made ones too.</summary>
    private async Task RemoveAsync(RunningContainer container)
    {
        // The first process takes its whole pid namespace with it; the cgroup catches whatever came before or
        // beside it.
        container.Process?.Signal(LibC.SignalKill);
        var cgroup = CgroupOf(container);
        await KillAsync(cgroup);
        await container.PendingSignal;
        if (container.Record is not null)
        {
            // conmon writes the exit status when the last process is gone.
            await container.Exit.WaitAsync(KillTimeout, _time);
            await MonitorEndedAsync(container.Record.Monitor);
        }
        await new Cgroup(_cgroups, container.Record?.Cgroup ?? cgroup.Path).RemoveAsync(_time);
        _processors.Return(container.Key);
        _users.Return(container.Key);
        _runner.Forget(container.Key);
        await _networks.DetachAsync(container.Key.Name);
        await _volumes.ReleaseAsync(container.Key);
        RemoveFiles(container.Bundle.Directory);
        if (container.Key.Parent is null && Directory.Exists(_bundles.SharedMemoryOf(container.Key)))
        {
            // A pod's, also of one whose launch did not get as far as its record.

            RemoveFiles(_bundles.SharedMemoryOf(container.Key));
        }
        container.End(new ContainerExit(null, Reason: "the container was destroyed before it ran"));
        _containers.TryRemove(container.Key, out _);
        container.Dispose();
    }

    /// <summary>conmon ends some milliseconds after it wrote the exit status; removed means that it is gone too.</summary>
    private async Task MonitorEndedAsync(ProcessIdentity monitor)
    {
        using var process = monitor.TryOpen();
        if (process is not null)
        {
            await _watcher.WatchAsync(process).WaitAsync(KillTimeout, _time);
        }
    }

    private async Task KillAsync(Cgroup cgroup)
    {
        cgroup.KillAll();
        foreach (var pid in cgroup.Processes())
        {
            using var process = ProcessHandle.TryOpen(pid);
            if (process is not null)
            {
                process.Signal(LibC.SignalKill);
                await _watcher.WatchAsync(process).WaitAsync(KillTimeout, _time);
            }
        }
    }

    /// <summary>What the container wrote into its root is among it. Nothing of it is mounted in the agent's own namespace.</summary>
    private static void RemoveFiles(string directory) => TreeRemoval.Remove(directory);

    private Cgroup CgroupOf(RunningContainer container)
    {
        var cgroup = container.Record?.Cgroup
            ?? _bundles.CgroupOf(container.Key, RootHasLeaf(container.Key));
        return new Cgroup(_cgroups, BundleBuilder.ProcessCgroup(cgroup, container.Record?.HasLeaf ?? false));
    }

    private bool RootHasLeaf(ContainerKey key) => _containers.TryGetValue(key.Root, out var root) && root.Record?.HasLeaf == true;
}
