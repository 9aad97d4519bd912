using Plenum.Agent.Containers.Terminals;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>
/// Starts, watches and removes the containers of one machine. Containers outlive the process that
/// started them: after a restart, <see cref="RecoverAsync"/> finds those that still run and those that
/// ended meanwhile. What a container was is kept on disk until <see cref="DestroyAsync"/>, so the caller
/// destroys only after it has written down how the container ended.
/// </summary>
internal interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>What separates containers from the machine and from each other; shown to operators.</summary>
    ContainerIsolation Isolation { get; }

    /// <summary>
    /// Pulls the image when there is one, prepares root, mounts and limits, and starts the command.
    /// Cancelling removes whatever was prepared.
    /// </summary>
    /// <exception cref="ContainerLaunchException">The container did not start; the message is for the user, and nothing is left behind.</exception>
    Task<ContainerStart> LaunchAsync(ContainerSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when the container has ended, however often and from wherever it is asked; null when no
    /// such container is known.
    /// </summary>
    Task<ContainerExit?> WaitAsync(ContainerKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes when the container has met its memory limit, also when only a child of its first process was killed for that and
    /// it goes on; null when it ended without. Null at once: no such container is known.
    /// </summary>
    Task<OutOfMemory?> WaitOutOfMemoryAsync(ContainerKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Signals every process of the container. A first process that left the signal at its default ends
    /// by it too, although the kernel shields the first process of a pid namespace: it goes last, when
    /// those of its children that handle the signal have had their time. False when nothing runs.
    /// </summary>
    bool Signal(ContainerKey key, int signal);

    /// <summary>
    /// Kills whatever is left of the container and of those nested in it, then removes every trace but
    /// the sandbox. Destroying an unknown container does nothing.
    /// </summary>
    Task DestroyAsync(ContainerKey key);

    /// <summary>Applies new limits to a running container. A hard memory limit is never lowered.</summary>
    Task UpdateLimitsAsync(ContainerKey key, ContainerLimits limits, CancellationToken cancellationToken);

    /// <summary>Starts one more process in the namespaces, the root and the limits of a running container.</summary>
    /// <exception cref="ContainerLaunchException">The container does not run or the process did not start.</exception>
    Task<ExecSession> ExecAsync(ContainerKey key, ExecSpec spec, CancellationToken cancellationToken);

    /// <summary>What the container uses now; null when it is unknown or gone.</summary>
    ResourceStatistics? Statistics(ContainerKey key);

    /// <summary>Every process of the container and of those nested in it; none when it is unknown or gone.</summary>
    IReadOnlyList<int> ProcessesOf(ContainerKey key);

    /// <summary>The network of a running container; null when it is unknown or gone.</summary>
    ContainerNetwork? NetworkOf(ContainerKey key);

    /// <summary>The terminal of a container that was started with one and runs; otherwise null.</summary>
    IAttachTarget? TerminalOf(ContainerKey key);

    /// <summary>What the runtime measures of itself, under Mesos' names.</summary>
    void AddMetrics(IDictionary<string, double> all);

    /// <summary>Removes every image that no container uses, but for the excluded ones. False: this runtime has no images.</summary>
    bool PruneImages(IReadOnlyCollection<Image> excluded);

    /// <summary>
    /// Called once, before any launch: everything an earlier agent process left, running, ended or
    /// unreadable. Each result stays known until it is destroyed.
    /// </summary>
    Task<IReadOnlyList<RecoveredContainer>> RecoverAsync(CancellationToken cancellationToken);
}
