using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>Ends a session inside a container without touching the container's own processes.</summary>
internal static class SessionProcesses
{
    /// <summary>
    /// Kills the process, its descendants and every member of its session. Repeated until nothing new appears, so that a fork during the kill does
    /// not escape.
    /// </summary>
    /// <param name="leader">The session's process.</param>
    /// <param name="launcher">The runtime's exec, which may be gone.</param>
    /// <param name="cgroup">The container's: nobody outside is touched, whatever the numbers.</param>
    /// <returns>The killed ones, which the caller may wait for and has to dispose: SIGKILL returns before they are gone.</returns>
    public static IReadOnlyList<ProcessHandle> Kill(int leader, int launcher, Cgroup cgroup)
    {
        var killed = new HashSet<int>();
        var handles = new List<ProcessHandle>();
        // Without a terminal the session is that of a helper between crun's exec and the leader, which has ended by now.
        // Children keep it when the leader dies under them and they get another parent.
        var session = ProcessStatus.TryRead(leader)?.Session ?? leader;
        for (var found = true; found;)
        {
            found = false;
            foreach (var pid in cgroup.OwnProcesses())
            {
                if (killed.Contains(pid) || ProcessStatus.TryRead(pid) is not { } status)
                {
                    continue;
                }
                if (pid == leader || status.Session == session || status.Session == launcher || killed.Contains(status.Parent))
                {
                    killed.Add(pid);
                    found = true;
                    if (ProcessHandle.TryOpen(pid) is { } process)
                    {
                        process.Signal(LibC.SignalKill);
                        handles.Add(process);
                    }
                }
            }
        }
        return handles;
    }

    /// <summary>
    /// Kills a runtime's exec that was given up before it said which process it started. That one may be there already and
    /// would go on without it. All that descends from the runtime is stopped first, from the root on: it forks nothing more
    /// then, and keeps its parents by which it is known.
    /// </summary>
    /// <param name="launcher">The runtime's exec.</param>
    /// <param name="cgroup">The container's.</param>
    public static void KillStarting(ProcessHandle launcher, Cgroup cgroup)
    {
        launcher.Signal(LibC.SignalStop);
        var stopped = new Dictionary<int, ProcessHandle>();
        for (var found = true; found;)
        {
            found = false;
            foreach (var pid in ProcessEnvironment.Pids())
            {
                if (stopped.ContainsKey(pid) || !IsChild(pid) || ProcessHandle.TryOpen(pid) is not { } process)
                {
                    continue;
                }
                if (!IsChild(pid))
                {
                    // The number became another's before it was held.
                    process.Dispose();
                    continue;
                }
                process.Signal(LibC.SignalStop);
                stopped.Add(pid, process);
                found = true;
            }
        }
        // Those whose own parent ended before are the container's children by now, and still of the session.
        foreach (var process in stopped.Keys.Append(launcher.Pid).SelectMany(leader => Kill(leader, launcher.Pid, cgroup)).Concat(stopped.Values))
        {
            process.Signal(LibC.SignalKill);
            process.Dispose();
        }
        launcher.Signal(LibC.SignalKill);

        bool IsChild(int pid) =>
            ProcessStatus.TryRead(pid) is { HasEnded: false } status && (status.Parent == launcher.Pid || stopped.ContainsKey(status.Parent));
    }
}
