using System.Runtime.InteropServices;
using Plenum.Agent.Native;

namespace Plenum.Agent.Checkpointing;

/// <summary>
/// Makes the names in a directory durable, or all that was written on its disk. A rename alone may be undone by a power
/// cut, and .NET opens no directories.
/// </summary>
internal static partial class DirectorySync
{
    public static void Flush(string directory) => Apply(directory, Sync);

    /// <summary>Everything on the file system that the directory is on: one call for a tree of many files.</summary>
    public static void FlushDisk(string directory) => Apply(directory, SyncFileSystem);

    private static void Apply(string directory, Func<int, int> sync)
    {
        var descriptor = LibC.Open(directory, LibC.OpenDirectory | LibC.OpenCloseOnExec, mode: 0);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        try
        {
            if (sync(descriptor) != 0)
            {
                throw Failure(directory);
            }
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    private static IOException Failure(string directory) =>
        new($"What is in '{directory}' cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);
}
