using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>Sockets without a thread hop for each step: .NET's own hand every one of them to a worker.</summary>
internal static partial class LibC
{
    public const int ErrorInProgress = 115;

    public const int InterNetwork = 2;
    public const int InterNetworkV6 = 10;
    public const int SocketStream = 1;
    public const int SocketNonBlocking = OpenNonBlocking;
    public const int SocketCloseOnExec = OpenCloseOnExec;

    /// <summary>A peer that has gone is an error of the call and no signal to the process.</summary>
    public const int SendNoSignal = 0x4000;

    public const short PollOut = 4;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, ReadOnlySpan<byte> data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, Span<byte> buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<PollEntry> entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    public record struct PollEntry(int Descriptor, short Wanted, short Returned);
}
