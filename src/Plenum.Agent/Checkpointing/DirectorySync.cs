using System.Runtime.InteropServices;
using Plenum.Agent.Native;

namespace Plenum.Agent.Checkpointing;

/// <summary>
/// Makes the names in a directory durable. A rename alone may be undone by a power cut, and .NET opens
/// no directories.
/// </summary>
internal static partial class DirectorySync
{
    public static void Flush(string directory)
    {
        var descriptor = LibC.Open(directory, LibC.OpenDirectory | LibC.OpenCloseOnExec, mode: 0);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        try
        {
            if (Sync(descriptor) != 0)
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
        new($"The names in '{directory}' cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);
}
