using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Plenum.Agent.Native;

/// <summary>
/// Starts processes in mount namespaces other than the agent's. A namespace belongs to a thread on Linux, and
/// posix_spawn's child begins in its caller's: one thread of the agent enters, mounts, starts and comes back.
/// What it mounts for a container neither the agent nor the machine ever sees, and it ends with the
/// container's last process.
/// </summary>
internal sealed class NamespaceSpawner : IDisposable
{
    /// <summary>Each item is a few system calls; the queue is bounded by the launches and sessions in progress.</summary>
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly OwnedFd _home;

    public NamespaceSpawner()
    {
        // The pointers must be there before the first moment in another namespace asks for them.
        RuntimeHelpers.RunClassConstructor(typeof(NamespaceWindow).TypeHandle);
        _home = OwnedFd.Open("/proc/self/ns/mnt", LibC.OpenReadOnly);
        _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "namespaces" };
        _thread.Start();
    }

    /// <summary>Starts it in a fresh copy of the agent's mount namespace, changed by the steps; returns the pid.</summary>
    public Task<int> SpawnInNewAsync(SpawnRequest request, IReadOnlyList<MountStep> steps) => RunAsync(() =>
    {
        using var window = new NamespaceWindow(request, steps);
        return window.Run(_home, target: null);
    });

    /// <summary>Starts it in the mount namespace of a process; returns the pid.</summary>
    public Task<int> SpawnInsideAsync(int pid, SpawnRequest request) => RunAsync(() =>
    {
        using var target = OwnedFd.Open($"/proc/{pid}/ns/mnt", LibC.OpenReadOnly);
        using var window = new NamespaceWindow(request, []);
        return window.Run(_home, target);
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        _home.Dispose();
    }

    private Task<int> RunAsync(Func<int> work)
    {
        var result = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (IOException failure)
            {
                result.SetException(failure);
            }
        });
        return result.Task;
    }

    private void Loop()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
