using System.Runtime.InteropServices;
using Plenum.Agent.Book;
using Plenum.Agent.Native;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// Makes sandboxes where log viewers and the files API's users look for them (mesos.md 6.6), with
/// <c>runs/latest</c> and, in a pod, <c>tasks/&lt;task id&gt;</c> beside them.
/// </summary>
internal sealed class SandboxLayout(string workDirectory, TimeProvider clock)
{
    public const string LatestRun = "latest";

    // Readable by others as DC/OS has it: log readers need not be root. The parents are not writable.
    private const UnixFileMode SandboxMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public string PathOf(string sandbox) => Path.Combine(workDirectory, sandbox);

    /// <exception cref="IOException">The disk refused.</exception>
    public string Create(ContainerLaunch launch)
    {
        var path = PathOf(launch.Sandbox);
        Directory.CreateDirectory(path, SandboxMode);
        if (launch.Kind == ContainerKind.PodTask)
        {
            var tasks = Path.Combine(path, "..", "..", "tasks");
            Directory.CreateDirectory(tasks, SandboxMode);
            Link(Path.Combine(tasks, launch.Task!.TaskId.Value), $"../containers/{launch.Container}");
        }
        else
        {
            Link(Path.Combine(Path.GetDirectoryName(path)!, LatestRun), launch.Container.Value);
        }

        return path;
    }

    /// <summary>A sandbox is collected by its age since the end of what ran in it, which its time tells: appending to a log does not change that.</summary>
    /// <param name="sandbox">Its absolute path.</param>
    public void Ended(string sandbox)
    {
        if (Directory.Exists(sandbox))
        {
            Directory.SetLastWriteTimeUtc(sandbox, clock.GetUtcNow().UtcDateTime);
        }
    }

    // Renaming over the old link leaves no moment without one.
    private static void Link(string path, string target)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        File.CreateSymbolicLink(fresh, target);
        if (LibC.Rename(fresh, path) != 0)
        {
            throw new IOException($"The link {path} cannot be made: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }
}
