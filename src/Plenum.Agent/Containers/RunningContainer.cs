using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>What a runtime knows about one container from its launch to its destruction.</summary>
internal sealed class RunningContainer(ContainerKey key, BundleLayout bundle) : IDisposable
{
    private readonly TaskCompletionSource<ContainerExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _owned = [];
    private readonly Lock _lock = new();
    private Task? _destruction;

    public ContainerKey Key { get; } = key;

    public BundleLayout Bundle { get; } = bundle;

    /// <summary>Null until the process exists.</summary>
    public ContainerRecord? Record { get; set; }

    /// <summary>Set when the launch has come to its end, whichever.</summary>
    public TaskCompletionSource Launched { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when the container is destroyed while it is being launched.</summary>
    public CancellationTokenSource LaunchCancellation { get; } = new();

    /// <summary>Null: its output goes to files directly.</summary>
    public TaskTerminal? Terminal { get; set; }

    public ProcessHandle? Process { get; set; }

    public Task<ContainerExit> Exit => _exit.Task;

    /// <summary>Set when the memory limit is met, whether or not the container ends by itself then.</summary>
    public TaskCompletionSource<OutOfMemory> MemoryExceeded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsRunning => Record is not null && !_exit.Task.IsCompleted;

    /// <summary>The delivery of a signal that waits for handlers, see <see cref="SignalDelivery"/>.</summary>
    public Task PendingSignal { get; set; } = Task.CompletedTask;

    public void End(ContainerExit exit) => _exit.TrySetResult(exit);

    /// <summary>Something to dispose of when the container is destroyed.</summary>
    public void Own(IDisposable resource)
    {
        lock (_lock)
        {
            _owned.Add(resource);
        }
    }

    /// <summary>The one destruction, however many ask for it.</summary>
    public Task DestroyOnceAsync(Func<Task> destroy)
    {
        lock (_lock)
        {
            if (_destruction is null || _destruction.IsFaulted)
            {
                _destruction = destroy();
            }
            return _destruction;
        }
    }

    /// <summary>Its own network or its parent's; null: the machine's.</summary>
    public ContainerNetwork? OwnNetwork { get; set; }

    public ContainerNetwork Network => OwnNetwork ?? new ContainerNetwork(IsHost: true, $"/proc/{Record!.Process.Pid}/ns/net");

    public ContainerStart Start() => new(Record!.Process.Pid, Record.Isolation, Network);

    public void Dispose()
    {
        lock (_lock)
        {
            // Before the log file that it writes into.
            Terminal?.Dispose();
            _owned.ForEach(static resource => resource.Dispose());
            _owned.Clear();
        }
        Process?.Dispose();
        LaunchCancellation.Dispose();
    }
}
