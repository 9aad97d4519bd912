using System.Globalization;
using System.Text;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>
/// What still works at a launch that is over, because its agent was killed or the runtime hung: conmon, the runtime under
/// it, and the container's first process before it is in its cgroup. There is no record of them yet; each inherited a mark
/// in its environment, which the container's own command does not get. A file of the bundle in a command line says
/// nothing: an operator may look at the same file. Nor does the path alone: another agent may have a bundle of that name in
/// its own mount namespace, so the mark names the directory itself as well.
/// </summary>
internal static class LaunchRemains
{
    private const string Variable = "PLENUM_LAUNCH";

    /// <summary>The environment of whatever is started to launch the container of a bundle.</summary>
    public static Dictionary<string, string> Mark(IReadOnlyDictionary<string, string> environment, string bundle) =>
        new(environment) { [Variable] = MarkOf(bundle) };

    /// <summary>Ends them all.</summary>
    /// <param name="bundle">The container's directory, which no other has.</param>
    /// <param name="watcher">Tells of their ends.</param>
    /// <param name="patience">How long they may take to die.</param>
    /// <param name="time">Whose time that is.</param>
    /// <returns>Those that did not.</returns>
    public static Task<IReadOnlyCollection<int>> KillAsync(string bundle, ProcessWatcher watcher, TimeSpan patience, TimeProvider time)
    {
        var mark = Encoding.UTF8.GetBytes(MarkOf(bundle));
        return MarkedProcesses.KillAsync(pid => ProcessEnvironment.ValueOf(pid, Variable).AsSpan().SequenceEqual(mark), watcher, patience, time);
    }

    // File systems number alike in all namespaces. A directory that is gone has no launch that could go on in it.
    private static unsafe string MarkOf(string bundle)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(bundle + '\0'))
        {
            return LibC.StatusAt(LibC.CurrentDirectory, name) is { } status
                ? string.Create(CultureInfo.InvariantCulture, $"{status.Device:x}:{status.Inode} {bundle}")
                : bundle;
        }
    }
}
