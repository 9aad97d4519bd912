using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>Ends processes that are known by a mark in their environment.</summary>
internal static class MarkedProcesses
{
    /// <summary>
    /// Kills all of them at once, and again until none is found, since one may be about to start the next. One that waits for a
    /// disk that does not answer cannot be killed: it is left to its end, which the kernel has noted.
    /// </summary>
    /// <param name="isMarked">Whether a process is one of them.</param>
    /// <param name="watcher">Tells of their ends.</param>
    /// <param name="patience">How long they may take to die.</param>
    /// <param name="time">Whose time that is.</param>
    /// <returns>The numbers of those that did not die in time.</returns>
    public static async Task<IReadOnlyCollection<int>> KillAsync(
        Func<int, bool> isMarked, ProcessWatcher watcher, TimeSpan patience, TimeProvider time)
    {
        var stuck = new HashSet<int>();
        while (true)
        {
            var dying = new List<(int Pid, Task End)>();
            foreach (var pid in ProcessEnvironment.Pids().Where(pid => !stuck.Contains(pid)))
            {
                // First held, then looked at: the number may be another's a moment later.
                if (ProcessHandle.TryOpen(pid) is not { } process)
                {
                    continue;
                }
                if (!isMarked(pid))
                {
                    process.Dispose();
                    continue;
                }
                process.Signal(LibC.SignalKill);
                dying.Add((pid, EndAsync(process, watcher)));
            }
            if (dying.Count == 0)
            {
                return stuck;
            }
            try
            {
                await Task.WhenAll(dying.Select(static one => one.End)).WaitAsync(patience, time);
            }
            catch (TimeoutException)
            {
                stuck.UnionWith(dying.Where(static one => !one.End.IsCompleted).Select(static one => one.Pid));
            }
        }
    }

    // The watcher needs the handle for as long as it waits.
    private static async Task EndAsync(ProcessHandle process, ProcessWatcher watcher)
    {
        using (process)
        {
            await watcher.WatchAsync(process);
        }
    }
}
