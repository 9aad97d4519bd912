using System.Runtime.InteropServices;
using Plenum.Agent.Native;

namespace Plenum.Agent.Networking;

/// <summary>
/// Held while something is done that all agents of a machine share: choosing a free subnet, and making firewall
/// chains or removing those that nobody uses any more (exclusive) against using them (shared).
/// </summary>
internal static partial class MachineLock
{
    private const string LockFile = "/run/plenum-networks.lock";
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const uint OwnerOnly = 0x180;

    public static Task<IDisposable> ShareAsync() => Task.Run(() => Take(Shared));

    public static Task<IDisposable> OwnAsync() => Task.Run(() => Take(Exclusive));

    // It goes with the descriptor, so that a killed agent holds nothing.
    private static IDisposable Take(int mode)
    {
        var file = OwnedFd.Open(LockFile, LibC.OpenReadWrite | LibC.OpenCreate, OwnerOnly);
        while (Lock(file.Number, mode) != 0)
        {
            if (LibC.LastError != LibC.ErrorInterrupted)
            {
                using (file)
                {
                    throw NativeException.Last($"lock {LockFile}");
                }
            }
        }

        return file;
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(int fd, int mode);
}
