using System.Buffers.Binary;

namespace Plenum.Agent.Native;

/// <summary>
/// A pidfd: names one process for as long as it is held, so that a signal can never hit another process that
/// got the same number later.
/// </summary>
internal sealed class ProcessHandle : IDisposable
{
    private const long PidfdOpen = 434;
    private const long PidfdSendSignal = 424;
    private const ulong GetInfo = 0xC040FF0B;
    private const int InfoSize = 64;
    private const ulong InfoExit = 1 << 3;
    private const int ExitCodeOffset = 60;

    private readonly OwnedFd _fd;

    private ProcessHandle(int pid, OwnedFd fd)
    {
        Pid = pid;
        _fd = fd;
    }

    public int Pid { get; }

    public OwnedFd Descriptor => _fd;

    /// <summary>Null when no such process exists.</summary>
    public static ProcessHandle? TryOpen(int pid)
    {
        var fd = (int)LibC.SystemCall(PidfdOpen, pid, 0, 0, 0);
        if (fd < 0)
        {
            return LibC.LastError is LibC.ErrorNoProcess or LibC.ErrorInvalid
                ? null
                : throw NativeException.Last($"watch process {pid}");
        }
        return new ProcessHandle(pid, new OwnedFd(fd));
    }

    /// <summary>False when the process is gone.</summary>
    public bool Signal(int signal)
    {
        if (_fd.IsClosed)
        {
            return false;
        }
        if (LibC.SystemCall(PidfdSendSignal, _fd.Number, signal, 0, 0) == 0)
        {
            return true;
        }
        return LibC.LastError == LibC.ErrorNoProcess ? false : throw NativeException.Last($"signal process {Pid}");
    }

    /// <summary>
    /// The wait status of a process that somebody else has reaped, which Linux tells since 6.15; null on an
    /// older kernel or before it is reaped.
    /// </summary>
    public int? ReapedStatus()
    {
        Span<byte> info = stackalloc byte[InfoSize];
        info.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(info, InfoExit);
        if (_fd.IsClosed || LibC.ProcessInfo(_fd.Number, GetInfo, info) != 0)
        {
            return null;
        }
        return (BinaryPrimitives.ReadUInt64LittleEndian(info) & InfoExit) != 0
            ? BinaryPrimitives.ReadInt32LittleEndian(info[ExitCodeOffset..])
            : null;
    }

    public void Dispose() => _fd.Dispose();
}
