using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;
using Plenum.Agent.Fetching;
using Plenum.Agent.Launching;
using Plenum.Agent.Loop;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Metrics;

/// <summary>What the parts around the book count themselves, under Mesos' names (mesos.md 7).</summary>
internal sealed class AgentMeters(
    SandboxCollector sandboxes,
    Fetcher fetcher,
    ContainerRemovals containers,
    IContainerRuntime runtime,
    VolumeWatcher volumes,
    CheckpointStore store,
    AgentLoop loop)
{
    public IReadOnlyDictionary<string, double> Read()
    {
        var (pending, removed, notRemoved) = sandboxes.Removals;
        var (fetched, notFetched) = fetcher.Fetches;
        var values = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["slave/executor_directory_max_allowed_age_secs"] = sandboxes.AllowedAge().TotalSeconds,
            ["gc/path_removals_pending"] = pending,
            ["gc/path_removals_succeeded"] = removed,
            ["gc/path_removals_failed"] = notRemoved,
            ["containerizer/fetcher/task_fetches_succeeded"] = fetched,
            ["containerizer/fetcher/task_fetches_failed"] = notFetched,
            ["containerizer/fetcher/cache_size_total_bytes"] = fetcher.CacheBytes,
            ["containerizer/fetcher/cache_size_used_bytes"] = fetcher.CachedBytes,
            ["containerizer/mesos/container_destroy_errors"] = containers.Errors,

            // Ours: Mesos has no names for them.
            ["plenum/containers_not_destroyed"] = containers.Left,
            ["plenum/persistent_volumes_missing"] = volumes.Missing,
            ["plenum/checkpoint_disk_full"] = store.DiskFull ? 1 : 0,
            ["plenum/checkpoints_held"] = loop.IsHeldByDisk ? 1 : 0,
        };
        runtime.AddMetrics(values);
        return values;
    }
}
