using Microsoft.Win32.SafeHandles;

namespace Plenum.Agent.Native;

/// <summary>A file descriptor that .NET has no wrapper for (pidfd, eventfd, pipe end before it has a stream).</summary>
internal sealed class OwnedFd : SafeHandleMinusOneIsInvalid
{
    public OwnedFd(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    public int Number => (int)handle;

    public static OwnedFd Open(string path, int flags, uint mode = 0)
    {
        var fd = LibC.Open(path, flags | LibC.OpenCloseOnExec, mode);
        NativeException.ThrowIfFailed(fd, $"open {path}");
        return new OwnedFd(fd);
    }

    public static (OwnedFd Read, OwnedFd Write) Pipe()
    {
        Span<int> ends = stackalloc int[2];
        NativeException.ThrowIfFailed(LibC.Pipe(ends, LibC.OpenCloseOnExec), "pipe");
        return (new OwnedFd(ends[0]), new OwnedFd(ends[1]));
    }

    /// <summary>Gives the descriptor to another owner.</summary>
    public int Release()
    {
        var fd = Number;
        SetHandleAsInvalid();
        return fd;
    }

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
