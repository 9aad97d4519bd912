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
}
