using System.Collections.Concurrent;

namespace Plenum.Agent.Native;

/// <summary>
/// A thread that may enter other mount namespaces and start processes in them. A namespace belongs to a
/// thread on Linux, so work that mounts something for one container alone happens here, and neither the
/// agent nor the machine ever sees those mounts: they end with the last process of the container.
/// </summary>
internal sealed class MountNamespaceThread : IDisposable
{
    /// <summary>Each item is a few system calls; the queue is bounded by the launches in progress.</summary>
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly OwnedFd _home;

    public MountNamespaceThread()
    {
        _home = OwnedFd.Open("/proc/self/ns/mnt", LibC.OpenReadOnly);
        _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "mount namespaces" };
        _thread.Start();
    }

    /// <summary>Runs the work in a fresh copy of the agent's mount namespace whose changes reach nobody else.</summary>
    public Task<T> RunInNewNamespaceAsync<T>(Func<T> work) => RunAsync(work, static () =>
    {
        NativeException.ThrowIfFailed(LibC.Unshare(LibC.CloneNewMountNamespace), "make a mount namespace");
        // Slave: what the machine unmounts later goes here too, instead of staying busy for the container's life.
        NativeException.ThrowIfFailed(
            LibC.Mount(null, "/", null, LibC.MountRecursive | LibC.MountSlave, null), "separate the mount namespace");
    });

    /// <summary>Runs the work in the mount namespace of a process.</summary>
    public Task<T> RunInNamespaceOfAsync<T>(int pid, Func<T> work) => RunAsync(work, () =>
    {
        using var target = OwnedFd.Open($"/proc/{pid}/ns/mnt", LibC.OpenReadOnly);
        NativeException.ThrowIfFailed(
            LibC.SetNamespace(target.Number, LibC.CloneNewMountNamespace), $"enter the mount namespace of {pid}");
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        _home.Dispose();
    }

    private Task<T> RunAsync<T>(Func<T> work, Action enter)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                enter();
                result.SetResult(work());
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                result.SetException(failure);
            }
            finally
            {
                // Leaving drops the last reference to a namespace that no process was started in.
                LibC.SetNamespace(_home.Number, LibC.CloneNewMountNamespace);
            }
        });
        return result.Task;
    }

    private void Loop()
    {
        // setns refuses a thread that shares its root and directory with others.
        LibC.Unshare(LibC.CloneFileSystem);
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
