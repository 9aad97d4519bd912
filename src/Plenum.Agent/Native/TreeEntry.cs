namespace Plenum.Agent.Native;

/// <summary>One entry of a directory tree.</summary>
/// <param name="Inode">Its number on its file system.</param>
/// <param name="Device">The file system.</param>
/// <param name="Bytes">Blocks that it has on the disk: a hole takes none.</param>
/// <param name="IsShared">It has more than one name.</param>
/// <param name="IsMountRoot">Something is mounted there; null where the kernel does not tell (before Linux 5.8).</param>
internal readonly record struct TreeEntry(ulong Inode, ulong Device, long Bytes, bool IsShared, bool? IsMountRoot)
{
    private const ushort FormatMask = 0xf000;
    private const ushort DirectoryFormat = 0x4000;
    private const ushort RegularFormat = 0x8000;
    private const ushort LinkFormat = 0xa000;

    /// <summary>Kind and permissions, as stat(2) has them.</summary>
    public ushort Mode { get; init; }

    /// <summary>Of a plain file, its length, holes and all.</summary>
    public long Size { get; init; }

    /// <summary>
    /// Something is mounted there. Where the kernel does not tell, a directory of another device than its tree's is taken for
    /// it. Where it does, that says nothing: a subvolume of btrfs, which each user may make, and a plain file of an overlay
    /// over several disks have devices of their own.
    /// </summary>
    /// <param name="device">Of the tree.</param>
    public bool IsMounted(ulong device) => IsMountRoot ?? (IsDirectory && Device != device);

    /// <summary>Not a link to one.</summary>
    public bool IsDirectory => (Mode & FormatMask) == DirectoryFormat;

    public bool IsRegular => (Mode & FormatMask) == RegularFormat;

    public bool IsLink => (Mode & FormatMask) == LinkFormat;
}
