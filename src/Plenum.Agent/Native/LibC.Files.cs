using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

// Walking a directory tree that somebody else changes meanwhile: by descriptors and names as bytes, never by paths.
internal static unsafe partial class LibC
{
    public const int CurrentDirectory = -100;

    // Alike on x64 and arm64 but for this one.
    public static readonly int OpenDirectory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    private const int StatusNoFollow = 0x100;
    private const int StatusNoAutomount = 0x800;

    /// <summary>Type, links, inode and blocks; the device and the attributes always come.</summary>
    private const uint StatusWanted = 0x1 | 0x4 | 0x100 | 0x400;

    private const ulong AttributeMountRoot = 0x2000;
    private const ushort FormatMask = 0xf000;
    private const ushort DirectoryFormat = 0x4000;
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
                (status.Mode & FormatMask) == DirectoryFormat,
                status.Links > 1,
                (status.Attributes & AttributeMountRoot) != 0);
    }

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

        [FieldOffset(48)]
        public ulong Blocks;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
