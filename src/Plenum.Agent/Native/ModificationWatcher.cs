using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// Tells that files were written into. One thread sleeps in inotify until some file is; then it tells, and rests a moment, so
/// that a file that is written a million times a second costs some fifty calls, not a million.
/// </summary>
internal sealed partial class ModificationWatcher : IDisposable
{
    private const uint EventModified = 2;
    private const int EventHeader = 16;

    /// <summary>At 1 GB/s, what a disk takes at most, a file grows by 20 MB meanwhile.</summary>
    private const int RestMilliseconds = 20;

    /// <summary>In place of a watch: the kernel's queue overflowed, and any file may have changed.</summary>
    private const int Overflow = -1;

    private readonly Action<IReadOnlySet<int>?> _changed;
    private readonly OwnedFd _inotify;
    private readonly OwnedFd _stop;
    private readonly Thread _thread;

    /// <param name="name">Of the thread.</param>
    /// <param name="changed">Gets the watches of written files on that thread; null: any of them may be.</param>
    /// <exception cref="NativeException">The machine has no inotify left (fs.inotify.max_user_instances).</exception>
    public ModificationWatcher(string name, Action<IReadOnlySet<int>?> changed)
    {
        _changed = changed;
        _inotify = new OwnedFd(LibC.InotifyCreate(LibC.OpenCloseOnExec));
        _stop = new OwnedFd(LibC.EventCounter(0, LibC.OpenCloseOnExec));
        NativeException.ThrowIfFailed(_inotify.IsInvalid || _stop.IsInvalid ? -1 : 0, "watch files");
        _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Watches an open file, whatever its name is. The same file has the same watch.</summary>
    /// <exception cref="NativeException">It cannot be watched, or too many are (fs.inotify.max_user_watches).</exception>
    public int Add(int descriptor, string purpose)
    {
        var watch = LibC.InotifyAdd(_inotify.Number, $"/proc/self/fd/{descriptor}", EventModified);
        NativeException.ThrowIfFailed(watch, purpose);
        return watch;
    }

    public void Remove(int watch)
    {
        if (!_inotify.IsClosed)
        {
            LibC.InotifyRemove(_inotify.Number, watch);
        }
    }

    public void Dispose()
    {
        if (_stop.IsClosed)
        {
            return;
        }

        Span<byte> one = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        LibC.Write(_stop.Number, one, 8);
        _thread.Join();
        _inotify.Dispose();
        _stop.Dispose();
    }

    private void Loop()
    {
        var buffer = new byte[64 * 1024];
        var touched = new HashSet<int>();
        while (Wait(_inotify.Number, -1) && !Wait(-1, RestMilliseconds))
        {
            var count = (int)LibC.Read(_inotify.Number, buffer, (nuint)buffer.Length);
            touched.Clear();
            for (var offset = 0; offset + EventHeader <= count;)
            {
                touched.Add(BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(offset)));
                offset += EventHeader + BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(offset + 12));
            }

            _changed(touched.Contains(Overflow) ? null : touched);
        }
    }

    /// <summary>With a descriptor: true when it is readable, false when stopping. Without: true when stopping.</summary>
    private bool Wait(int fd, int timeout)
    {
        Span<PollEntry> entries = [new(_stop.Number, LibC.PollIn, 0), new(fd, LibC.PollIn, 0)];
        Poll(entries, (nuint)entries.Length, timeout);
        var stopping = entries[0].Returned != 0;
        return fd < 0 ? stopping : !stopping;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Span<PollEntry> entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private record struct PollEntry(int Descriptor, short Wanted, short Returned);
}
