namespace Plenum.Agent.Native;

/// <summary>One entry of a directory tree.</summary>
/// <param name="Inode">Its number on its file system.</param>
/// <param name="Device">The file system.</param>
/// <param name="Bytes">Blocks that it has on the disk: a hole takes none.</param>
/// <param name="IsShared">It has more than one name.</param>
/// <param name="IsMountRoot">Something is mounted there.</param>
internal readonly record struct TreeEntry(ulong Inode, ulong Device, long Bytes, bool IsShared, bool IsMountRoot)
{
    private const ushort FormatMask = 0xf000;
    private const ushort DirectoryFormat = 0x4000;
    private const ushort RegularFormat = 0x8000;
    private const ushort LinkFormat = 0xa000;

    /// <summary>Kind and permissions, as stat(2) has them.</summary>
    public ushort Mode { get; init; }

    /// <summary>Of a plain file, its length, holes and all.</summary>
    public long Size { get; init; }

    /// <summary>Not a link to one.</summary>
    public bool IsDirectory => (Mode & FormatMask) == DirectoryFormat;

    public bool IsRegular => (Mode & FormatMask) == RegularFormat;

    public bool IsLink => (Mode & FormatMask) == LinkFormat;
}
