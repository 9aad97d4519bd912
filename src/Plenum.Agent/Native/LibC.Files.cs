using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

// Walking a directory tree that somebody else changes meanwhile: by descriptors and names as bytes, never by paths.
internal static unsafe partial class LibC
{
    public const int CurrentDirectory = -100;

    // Alike on x64 and arm64 but for this one.
    public static readonly int OpenDirectory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>Of unlinkat: the name of an empty directory.</summary>
    public const int RemoveEmptyDirectory = 0x200;

    /// <summary>Of fchownat and statx: a link itself.</summary>
    public const int DoNotFollow = 0x100;

    private const int StatusNoFollow = DoNotFollow;
    private const int StatusNoAutomount = 0x800;

    /// <summary>Type, mode, links, inode, size and blocks; the device and the attributes always come.</summary>
    private const uint StatusWanted = 0x1 | 0x2 | 0x4 | 0x100 | 0x200 | 0x400;

    private const ulong AttributeMountRoot = 0x2000;
    private const int BlockBytes = 512;

    /// <summary>What a name in an open directory (or a path) is, links not followed; null when it is gone.</summary>
    public static TreeEntry? StatusAt(int directory, byte* name)
    {
        Statx status;
        return StatusOf(directory, name, StatusNoFollow | StatusNoAutomount, StatusWanted, &status) != 0
            ? null
            : new TreeEntry(
                status.Inode,
                ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
                (long)status.Blocks * BlockBytes,
                status.Links > 1,
                (status.KnownAttributes & AttributeMountRoot) == 0 ? null : (status.Attributes & AttributeMountRoot) != 0)
            {
                Mode = status.Mode,
                Size = (long)status.Size,
            };
    }

    /// <summary>A directory to walk through, never a link to one; negative when it is gone or became another thing.</summary>
    public static int OpenDirectoryAt(int directory, byte* name) =>
        OpenAt(directory, name, OpenReadOnly | OpenDirectory | OpenNoFollow | OpenNonBlocking | OpenCloseOnExec);

    /// <summary>The two names that every directory has for itself and its parent.</summary>
    public static bool IsDots(byte* name) => name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "fdopendir", SetLastError = true)]
    public static partial nint OpenStream(int directory);

    [LibraryImport("libc", EntryPoint = "dirfd", SetLastError = true)]
    public static partial int DescriptorOf(nint stream);

    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseStream(nint stream);

    /// <summary>The name of the next entry, which is good until the next call; null at the end.</summary>
    public static byte* NextName(nint stream)
    {
        // struct dirent of 64-bit Linux: inode, offset, length, type, and then the name.
        const int nameOffset = 19;
        var entry = ReadStream(stream);
        return entry is null ? null : entry + nameOffset;
    }

    [LibraryImport("libc", EntryPoint = "rewinddir")]
    public static partial void Rewind(nint stream);

    /// <summary>Removes a name: a link itself, never what it points to.</summary>
    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int RemoveAt(int directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(int from, byte* name, int into, byte* newName);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    public static partial int ChangeOwnerAt(int directory, byte* name, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true)]
    public static partial int MakeNodeAt(int directory, byte* name, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAttribute(int file, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    /// <summary>Whether an open file is one of /proc.</summary>
    public static bool IsOfProc(int file)
    {
        // struct statfs of 64-bit Linux: 15 words, of which the first is the kind of file system.
        const int words = 15;
        const long proc = 0x9fa0;
        Span<long> status = stackalloc long[words];
        return FileSystemOf(file, status) == 0 && status[0] == proc;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FileSystemOf(int file, Span<long> status);

    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    private static partial byte* ReadStream(nint stream);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatusOf(int directory, byte* name, int flags, uint wanted, Statx* status);

    /// <summary>The kernel's own layout, alike on every machine.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(8)]
        public ulong Attributes;

        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(48)]
        public ulong Blocks;

        [FieldOffset(56)]
        public ulong KnownAttributes;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
