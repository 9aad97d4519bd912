using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers.Logs;

/// <summary>
/// Keeps the log files of all containers within their bound. One thread sleeps in inotify until some
/// container writes; then it looks at the sizes, and rests a moment, so that a container that writes a
/// million lines a second costs some hundred looks, not a million.
/// </summary>
internal sealed partial class LogKeeper : IDisposable
{
    private const uint EventModified = 2;
    private const int EventHeader = 16;

    /// <summary>At 1 GB/s, what a disk takes at most, a log outgrows its bound by 20 MB before it is cut.</summary>
    private const int RestMilliseconds = 20;

    private readonly ConcurrentDictionary<int, LogFile> _files = new();
    private readonly OwnedFd _inotify;
    private readonly OwnedFd _stop;
    private readonly Thread _thread;
    private readonly LogLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public LogKeeper(LogLimits limits, TimeProvider time, ILogger logger)
    {
        _limits = limits;
        _time = time;
        _logger = logger;
        _inotify = new OwnedFd(LibC.InotifyCreate(LibC.OpenCloseOnExec));
        _stop = new OwnedFd(LibC.EventCounter(0, LibC.OpenCloseOnExec));
        NativeException.ThrowIfFailed(_inotify.IsInvalid || _stop.IsInvalid ? -1 : 0, "watch log files");
        _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "log keeper" };
        _thread.Start();
    }

    /// <summary>Bounds the file until the result is disposed, which also closes it.</summary>
    public IDisposable Track(LogFile file)
    {
        var watch = LibC.InotifyAdd(_inotify.Number, $"/proc/self/fd/{file.Descriptor}", EventModified);
        NativeException.ThrowIfFailed(watch, $"watch {file.Path}");
        _files[watch] = file;
        // What was written before the watch stood.
        Rotate(file);
        return new Tracking(this, watch, file);
    }

    public void Dispose()
    {
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
            // -1: the kernel's queue overflowed and any file may have changed.
            foreach (var watch in touched.Contains(-1) ? _files.Keys.ToArray() : [.. touched])
            {
                if (_files.TryGetValue(watch, out var file))
                {
                    Rotate(file);
                }
            }
        }
    }

    private void Rotate(LogFile file)
    {
        try
        {
            lock (file)
            {
                if (!file.Handle.IsClosed)
                {
                    lock (LogCuts.Of(file.Handle))
                    {
                        file.Rotate(_limits, _time.GetUtcNow());
                    }
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A full disk, most likely. The container goes on; the next write tries again.
            Log.RotationFailed(_logger, file.Path, failure);
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

    private sealed class Tracking(LogKeeper keeper, int watch, LogFile file) : IDisposable
    {
        public void Dispose()
        {
            if (keeper._files.TryRemove(watch, out _))
            {
                if (!keeper._inotify.IsClosed)
                {
                    LibC.InotifyRemove(keeper._inotify.Number, watch);
                }
                lock (file)
                {
                    file.Dispose();
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The log file {Path} could not be cut")]
        public static partial void RotationFailed(ILogger logger, string path, Exception failure);
    }
}
