using System.Diagnostics;
using System.Globalization;
using System.Text;
using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>
/// Programs that an agent ran to their end (plugins of networks, skopeo, tar, mkfs) when it was killed. They would go on beside the
/// next agent, which takes back what they are still making. Each inherits the identity of its agent; whose agent is dead is an orphan.
/// </summary>
internal static class OrphanedHelpers
{
    private const string Variable = "PLENUM_HELPER_OF";

    private static readonly ProcessStatus Self = ProcessStatus.TryRead(Environment.ProcessId)!;

    /// <summary>An agent in a container numbers processes in its own way, and is none of ours.</summary>
    private static readonly string Numbers = new FileInfo("/proc/self/ns/pid").LinkTarget!;

    private static readonly string Own = string.Create(CultureInfo.InvariantCulture, $"{Self.Pid} {Self.StartTicks} {Self.Session} {Numbers}");

    /// <summary>To be started as a helper of this process.</summary>
    public static void Mark(ProcessStartInfo start) => start.Environment[Variable] = Own;

    /// <summary>Ends those of dead agents. A daemon that one of them left behind, such as a file system's, has a session of its own and stays.</summary>
    /// <param name="watcher">Tells of their ends.</param>
    /// <param name="patience">How long they may take to die.</param>
    /// <param name="time">Whose time that is.</param>
    /// <returns>Those that did not.</returns>
    public static Task<IReadOnlyCollection<int>> KillAsync(ProcessWatcher watcher, TimeSpan patience, TimeProvider time) =>
        MarkedProcesses.KillAsync(IsOrphan, watcher, patience, time);

    private static bool IsOrphan(int pid)
    {
        if (ProcessEnvironment.ValueOf(pid, Variable) is not { } value
            || Encoding.UTF8.GetString(value).Split(' ') is not [var agent, var ticks, var session, var numbers]
            || numbers != Numbers
            || !int.TryParse(agent, CultureInfo.InvariantCulture, out var agentPid)
            || !long.TryParse(ticks, CultureInfo.InvariantCulture, out var started)
            || !int.TryParse(session, CultureInfo.InvariantCulture, out var agentSession))
        {
            return false;
        }
        var lives = ProcessStatus.TryRead(agentPid) is { HasEnded: false } now && now.StartTicks == started;
        return !lives && ProcessStatus.TryRead(pid)?.Session == agentSession;
    }
}
