using System.Globalization;
using System.Text;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>
/// What still works at a launch whose agent was killed: conmon, the runtime under it, and the container's first process
/// before it is in its cgroup. There is no record of them yet; each has a file of the bundle in its command line.
/// </summary>
internal static class LaunchRemains
{
    /// <summary>Ends them all. Repeated until none is found, since one may be about to start the next.</summary>
    /// <param name="bundle">The container's directory, which no other has.</param>
    /// <param name="watcher">Tells of their ends.</param>
    /// <param name="patience">How long one may take to die.</param>
    /// <param name="time">Whose time that is.</param>
    public static async Task KillAsync(string bundle, ProcessWatcher watcher, TimeSpan patience, TimeProvider time)
    {
        var mark = Encoding.UTF8.GetBytes(bundle);
        for (var found = true; found;)
        {
            found = false;
            foreach (var directory in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) || pid == Environment.ProcessId)
                {
                    continue;
                }

                // First held, then looked at: the number may be another's a moment later.
                using var process = ProcessHandle.TryOpen(pid);
                if (process is not null && Names(CommandLineOf(directory), mark))
                {
                    found = true;
                    process.Signal(LibC.SignalKill);
                    await watcher.WatchAsync(process).WaitAsync(patience, time);
                }
            }
        }
    }

    // The directory itself or something in it; a nested container's directory begins with the same letters.
    private static bool Names(ReadOnlySpan<byte> commandLine, ReadOnlySpan<byte> bundle)
    {
        for (var at = commandLine.IndexOf(bundle); at >= 0; at = commandLine.IndexOf(bundle))
        {
            commandLine = commandLine[(at + bundle.Length)..];
            if (commandLine.IsEmpty || commandLine[0] is 0 or (byte)'/')
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] CommandLineOf(string directory)
    {
        try
        {
            return File.ReadAllBytes(Path.Join(directory, "cmdline"));
        }
        catch (IOException)
        {
            // It has just ended.
            return [];
        }
    }
}
