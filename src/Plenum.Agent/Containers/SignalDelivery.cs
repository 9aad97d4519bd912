using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>
/// Signals to a container whose first process is the init of a pid namespace. The kernel drops a signal for
/// such a process when it has no handler for it, so "sh -c server" would never end by SIGTERM; what the user
/// means is what happens to any other process. The first process is stopped, so that a shell does not
/// go on with its next command; the others get the signal; and when those that handle it have ended, the first is
/// killed. The exit is reported as the signal's.
/// </summary>
internal static class SignalDelivery
{
    /// <summary>Signals whose default is not to end the process (signal(7)): CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH.</summary>
    private static readonly int[] HarmlessByDefault = [17, 18, 19, 20, 21, 22, 23, 28];

    /// <returns>Ends when the first process has been dealt with too, which may have to wait for the others.</returns>
    public static Task DeliverAsync(
        int signal, ProcessHandle first, IReadOnlyList<int> processes, ProcessWatcher watcher, Action<int> beforeKill)
    {
        if (signal == LibC.SignalKill)
        {
            first.Signal(signal);
            return Task.CompletedTask;
        }
        var disposition = ProcessStatus.DispositionOf(first.Pid, signal);
        var endsFirst = disposition == SignalDisposition.Default && !HarmlessByDefault.Contains(signal);
        if (endsFirst)
        {
            first.Signal(LibC.SignalStop);
        }
        var handlers = new List<ProcessHandle>();
        foreach (var pid in processes.Where(pid => pid != first.Pid))
        {
            if (ProcessHandle.TryOpen(pid) is not { } process)
            {
                continue;
            }
            if (endsFirst && ProcessStatus.DispositionOf(pid, signal) == SignalDisposition.Caught)
            {
                handlers.Add(process);
                process.Signal(signal);
                continue;
            }
            process.Signal(signal);
            process.Dispose();
        }
        if (disposition == SignalDisposition.Caught)
        {
            first.Signal(signal);
        }
        return endsFirst ? EndFirstAsync(signal, first, handlers, watcher, beforeKill) : Task.CompletedTask;
    }

    private static async Task EndFirstAsync(
        int signal, ProcessHandle first, List<ProcessHandle> handlers, ProcessWatcher watcher, Action<int> beforeKill)
    {
        if (handlers.Count > 0)
        {
            await Task.WhenAll(handlers.Select(watcher.WatchAsync));
            handlers.ForEach(static handler => handler.Dispose());
        }
        beforeKill(signal);
        first.Signal(LibC.SignalKill);
    }
}
