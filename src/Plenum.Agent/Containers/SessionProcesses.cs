using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>Ends a session inside a container without touching the container's own processes.</summary>
internal static class SessionProcesses
{
    /// <summary>
    /// Kills the process, its descendants and every member of its session. The set is closed under "child of":
    /// repeated until nothing new appears, so that a fork during the kill does not escape.
    /// </summary>
    public static void Kill(int leader, Cgroup cgroup)
    {
        var killed = new HashSet<int>();
        for (var found = true; found;)
        {
            found = false;
            foreach (var pid in cgroup.OwnProcesses())
            {
                if (killed.Contains(pid) || ProcessStatus.TryRead(pid) is not { } status)
                {
                    continue;
                }
                if (pid == leader || status.Session == leader || killed.Contains(status.Parent))
                {
                    LibC.Kill(pid, LibC.SignalKill);
                    killed.Add(pid);
                    found = true;
                }
            }
        }
    }
}
