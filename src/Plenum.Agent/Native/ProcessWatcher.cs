using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// One thread that waits for the end of any number of processes through their pidfds. Nothing polls: an
/// idle machine costs nothing. Children are reaped here, which gives their exact wait status; the end of a
/// process that is not a child (an earlier agent's) is seen without one.
/// </summary>
internal sealed partial class ProcessWatcher : IDisposable
{
    private const int EpollAdd = 1;
    private const int EpollDelete = 2;
    private const uint EpollIn = 1;
    private const uint EpollEdge = 1u << 31;
    private const int BatchSize = 64;

    // x64 packs epoll_event into 12 bytes, other architectures pad it to 16.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventSize - 8;

    private readonly OwnedFd _epoll;
    private readonly OwnedFd _wake;
    private readonly ConcurrentDictionary<long, Watch> _watches = new();
    private readonly ConcurrentDictionary<long, Action> _signals = new();
    private readonly Thread _thread;
    private long _lastId;
    private volatile bool _stopped;

    public ProcessWatcher()
    {
        _epoll = new OwnedFd(EpollCreate(LibC.OpenCloseOnExec));
        _wake = new OwnedFd(LibC.EventCounter(0, LibC.OpenCloseOnExec));
        NativeException.ThrowIfFailed(_epoll.IsInvalid || _wake.IsInvalid ? -1 : 0, "create the process watcher");
        Control(EpollAdd, _wake.Number, EpollIn, 0);
        _thread = new Thread(Loop, 128 * 1024) { IsBackground = true, Name = "process watcher" };
        _thread.Start();
    }

    /// <summary>
    /// Completes when the process has ended, with its wait status when it was a child of this process. The
    /// handle stays the caller's and must be kept open until then.
    /// </summary>
    public Task<int?> WatchAsync(ProcessHandle process)
    {
        var id = Interlocked.Increment(ref _lastId);
        var watch = new Watch(process, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _watches[id] = watch;
        Control(EpollAdd, process.Descriptor.Number, EpollIn, id);
        return watch.Ended.Task;
    }

    /// <summary>
    /// Calls back on the watcher's thread each time the counter is raised, until what is returned is disposed of; the counter
    /// goes with it. Nobody reads it: only the edges count, so that none can be read after its number has another owner.
    /// </summary>
    public IDisposable WatchCounter(OwnedFd counter, Action raised)
    {
        var id = Interlocked.Increment(ref _lastId);
        _signals[id] = raised;
        Control(EpollAdd, counter.Number, EpollIn | EpollEdge, id);
        return new CounterWatch(this, id, counter);
    }

    public void Dispose()
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        Span<byte> one = stackalloc byte[8];
        one.Clear();
        one[0] = 1;
        LibC.Write(_wake.Number, one, 8);
        _thread.Join();
        _epoll.Dispose();
        _wake.Dispose();
        foreach (var watch in _watches.Values)
        {
            watch.Ended.TrySetCanceled();
        }
    }

    private void Loop()
    {
        var buffer = new byte[BatchSize * EventSize];
        while (!_stopped)
        {
            var count = EpollWait(_epoll.Number, buffer, BatchSize, -1);
            for (var i = 0; i < count; i++)
            {
                var id = BitConverter.ToInt64(buffer, (i * EventSize) + DataOffset);
                if (id != 0 && _watches.TryRemove(id, out var watch))
                {
                    Complete(watch);
                }
                else if (_signals.TryGetValue(id, out var raised))
                {
                    raised();
                }
            }
        }
    }

    private void Complete(Watch watch)
    {
        Control(EpollDelete, watch.Process.Descriptor.Number, EpollIn, 0);
        // Not a child: ECHILD, and the status is not ours to learn.
        var reaped = LibC.WaitPid(watch.Process.Pid, out var status, LibC.WaitNoHang);
        watch.Ended.TrySetResult(reaped == watch.Process.Pid ? status : null);
    }

    private void Control(int operation, int fd, uint events, long id)
    {
        var buffer = new byte[16];
        BitConverter.TryWriteBytes(buffer, events);
        BitConverter.TryWriteBytes(buffer.AsSpan(DataOffset), id);
        NativeException.ThrowIfFailed(EpollControl(_epoll.Number, operation, fd, buffer), "watch a descriptor");
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int fd, ReadOnlySpan<byte> settings);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int epoll, Span<byte> events, int capacity, int timeout);

    private sealed record Watch(ProcessHandle Process, TaskCompletionSource<int?> Ended);

    private sealed class CounterWatch(ProcessWatcher watcher, long id, OwnedFd counter) : IDisposable
    {
        public void Dispose()
        {
            watcher._signals.TryRemove(id, out _);
            // Its place among the watched goes with its last descriptor.
            counter.Dispose();
        }
    }
}
