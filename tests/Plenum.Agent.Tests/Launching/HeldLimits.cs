using System.Collections.Concurrent;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Terminals;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Launching;

/// <summary>A runtime whose change of limits takes as long as the test wants, and which notes what it was asked for.</summary>
internal sealed class HeldLimits(IContainerRuntime runtime) : IContainerRuntime
{
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<string> Steps { get; } = new();

    public ContainerIsolation Isolation => runtime.Isolation;

    public Task<ContainerStart> LaunchAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        Steps.Enqueue("launch");
        return runtime.LaunchAsync(spec, cancellationToken);
    }

    public Task<OutOfMemory?> WaitOutOfMemoryAsync(ContainerKey key, CancellationToken cancellationToken) =>
        runtime.WaitOutOfMemoryAsync(key, cancellationToken);

    public async Task UpdateLimitsAsync(ContainerKey key, ContainerLimits limits, CancellationToken cancellationToken)
    {
        Begun.TrySetResult();
        await Done.Task;
        Steps.Enqueue("widen");
        await runtime.UpdateLimitsAsync(key, limits, cancellationToken);
    }

    public Task<ContainerExit?> WaitAsync(ContainerKey key, CancellationToken cancellationToken = default) => runtime.WaitAsync(key, cancellationToken);

    public bool Signal(ContainerKey key, int signal) => runtime.Signal(key, signal);

    public Task DestroyAsync(ContainerKey key) => runtime.DestroyAsync(key);

    public Task<ExecSession> ExecAsync(ContainerKey key, ExecSpec spec, CancellationToken cancellationToken) => runtime.ExecAsync(key, spec, cancellationToken);

    public ResourceStatistics? Statistics(ContainerKey key) => runtime.Statistics(key);

    public IReadOnlyList<int> ProcessesOf(ContainerKey key) => runtime.ProcessesOf(key);

    public ContainerNetwork? NetworkOf(ContainerKey key) => runtime.NetworkOf(key);

    public IAttachTarget? TerminalOf(ContainerKey key) => runtime.TerminalOf(key);

    public void AddMetrics(IDictionary<string, double> all) => runtime.AddMetrics(all);

    public bool PruneImages(IReadOnlyCollection<Image> excluded) => runtime.PruneImages(excluded);

    public Task<IReadOnlyList<RecoveredContainer>> RecoverAsync(CancellationToken cancellationToken) => runtime.RecoverAsync(cancellationToken);

    public ValueTask DisposeAsync() => runtime.DisposeAsync();
}
