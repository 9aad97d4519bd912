using Microsoft.Win32.SafeHandles;
using Plenum.Http.Files;

namespace Plenum.Agent.Containers.Logs;

/// <summary>
/// Keeps a cut of a log and a read of it apart. In the agent alone, by the file's number: a lock of the kernel's could be
/// held by the task, which has the same file open. Files that share a lock only wait for each other's cuts.
/// </summary>
internal static class LogCuts
{
    /// <summary>More than reads that are under way at once on a busy agent.</summary>
    private const int Stripes = 64;

    private static readonly Lock[] Locks = [.. Enumerable.Range(0, Stripes).Select(static _ => new Lock())];

    public static Lock Of(SafeFileHandle file) => Locks[(int)((FileStatus.Of(file)?.Inode ?? 0) % Stripes)];
}
