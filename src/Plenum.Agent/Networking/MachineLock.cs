using System.Globalization;
using System.Runtime.InteropServices;
using Plenum.Agent.Native;

namespace Plenum.Agent.Networking;

/// <summary>
/// Held while something is done that all agents of a machine share: choosing a free subnet, and making firewall
/// chains or removing those that nobody uses any more (exclusive) against using them (shared). Each waits at a door for its
/// turn: otherwise containers that start all the time would share the lock for ever, and who wants it alone never get it.
/// </summary>
/// <param name="file">Both locks are files of this name, which go with their descriptors, so that a killed agent holds nothing.</param>
/// <param name="patience">How long is waited.</param>
/// <param name="time">Whose time that is.</param>
internal sealed partial class MachineLock(string file, TimeSpan patience, TimeProvider time)
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int AtOnce = 4;
    private const uint OwnerOnly = 0x180;

    /// <summary>flock(2) tells nobody when a lock is free. Held locks last for a plugin's few dozen milliseconds.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>A plugin that hangs is killed after a minute and lets go then: behind one of them the next still gets its turn.</summary>
    private static readonly MachineLock OfMachine = new("/run/plenum-networks.lock", TimeSpan.FromSeconds(90), TimeProvider.System);

    /// <exception cref="NetworkException">Somebody holds it for too long.</exception>
    public static Task<IDisposable> ShareAsync(CancellationToken cancellationToken) => OfMachine.TakeSharedAsync(cancellationToken);

    /// <exception cref="NetworkException">Somebody holds it for too long.</exception>
    public static Task<IDisposable> OwnAsync(CancellationToken cancellationToken) => OfMachine.TakeAloneAsync(cancellationToken);

    public Task<IDisposable> TakeSharedAsync(CancellationToken cancellationToken) => TakeAsync(Shared, cancellationToken);

    public Task<IDisposable> TakeAloneAsync(CancellationToken cancellationToken) => TakeAsync(Exclusive, cancellationToken);

    private async Task<IDisposable> TakeAsync(int mode, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        using var door = await LockAsync($"{file}.door", Exclusive, began, cancellationToken);
        return await LockAsync(file, mode, began, cancellationToken);
    }

    private async Task<OwnedFd> LockAsync(string path, int mode, long began, CancellationToken cancellationToken)
    {
        var held = OwnedFd.Open(path, LibC.OpenReadWrite | LibC.OpenCreate, OwnerOnly);
        try
        {
            while (Lock(held.Number, mode | AtOnce) != 0)
            {
                if (LibC.LastError is not (LibC.ErrorInterrupted or LibC.ErrorAgain))
                {
                    throw NativeException.Last($"lock {path}");
                }

                if (time.GetElapsedTime(began) >= patience)
                {
                    throw new NetworkException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"an agent of this machine has been changing networks for {patience.TotalSeconds} s; see who holds {path}: fuser -v {path}"));
                }

                await Task.Delay(Pause, time, cancellationToken);
            }

            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(int fd, int mode);
}
