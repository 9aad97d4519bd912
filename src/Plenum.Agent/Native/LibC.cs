using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Plenum.Agent.Native;

/// <summary>
/// The calls into the C library that .NET does not offer. Numbers are those of Linux on 64-bit glibc, alike
/// on x64 and arm64.
/// </summary>
internal static partial class LibC
{
    public const int SignalHangup = 1;
    public const int SignalInterrupt = 2;
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    public const int SignalContinue = 18;
    public const int SignalStop = 19;

    public const int ErrorPermission = 1;
    public const int ErrorNotFound = 2;
    public const int ErrorNoProcess = 3;
    public const int ErrorIo = 5;
    public const int ErrorAgain = 11;
    public const int ErrorAccess = 13;
    public const int ErrorBusy = 16;
    public const int ErrorNotDirectory = 20;
    public const int ErrorInterrupted = 4;
    public const int ErrorExists = 17;
    public const int ErrorInvalid = 22;
    public const int ErrorNotEmpty = 39;
    public const int ErrorLoop = 40;
    public const int ErrorNoSuchCall = 38;

    public const int CloneNewMountNamespace = 0x20000;
    public const int CloneFileSystem = 0x200;

    public const ulong MountBind = 0x1000;
    public const ulong MountSlave = 1 << 19;
    public const ulong MountShared = 1 << 20;
    public const ulong MountRecursive = 0x4000;
    public const int UnmountDetach = 2;

    // Younger than many C libraries: called by their numbers, which are the same on x64 and arm64.
    public const long CallOpenTree = 428;
    public const long CallMoveMount = 429;
    public const long OpenTreeClone = 1;
    public const long MoveMountEmptyPath = 4;
    public const long AtRecursive = 0x8000;
    public const long AtCurrentDirectory = -100;

    public const int OpenReadOnly = 0;
    public const int OpenReadWrite = 2;
    public const int OpenWriteOnly = 1;
    public const int OpenCreate = 0x40;
    public const int OpenNoControllingTerminal = 0x100;
    public const int OpenAppend = 0x400;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;
    // The one flag that arm64 numbers differently.
    public static readonly int OpenNoFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public const int DuplicateCloseOnExec = 1030;
    public const int SetStatusFlags = 4;
    public const int CollapseRange = 8;
    public const int WaitNoHang = 1;
    public const short PollIn = 1;
    public const uint CharacterDevice = 0x2000;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>File.Move looks through a link at its target; this renames the link itself.</summary>
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    [LibraryImport("libc", EntryPoint = "mknod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeNode(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAttribute(string path, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAttribute(SafeFileHandle file, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetAttribute(SafeFileHandle file, string name, Span<byte> value, nuint size);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(Span<int> fds, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventCounter(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial int InotifyCreate(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InotifyAdd(int fd, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int InotifyRemove(int fd, int watch);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    public static unsafe partial int ResourceLimit(int pid, int resource, ResourceBounds* wanted, ResourceBounds* previous);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int TerminalControl(int fd, ulong request, ref WindowSize size);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int TerminalControl(int fd, ulong request, ref int value);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int ProcessInfo(int fd, ulong request, Span<byte> info);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, ulong first, ulong second, ulong third, ulong fourth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long SystemCall(long number, long first, long second, long third, long fourth);

    /// <summary>prlimit's pair; all ones is "unlimited".</summary>
    [StructLayout(LayoutKind.Sequential)]
    public record struct ResourceBounds(ulong Soft, ulong Hard);

    [StructLayout(LayoutKind.Sequential)]
    public record struct WindowSize(ushort Rows, ushort Columns, ushort Width, ushort Height);
}
