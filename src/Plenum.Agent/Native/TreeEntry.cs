namespace Plenum.Agent.Native;

/// <summary>One entry of a directory tree.</summary>
/// <param name="Inode">Its number on its file system.</param>
/// <param name="Device">The file system.</param>
/// <param name="Bytes">Blocks that it has on the disk: a hole takes none.</param>
/// <param name="IsDirectory">Not a link to one.</param>
/// <param name="IsShared">It has more than one name.</param>
/// <param name="IsMountRoot">Something is mounted there.</param>
internal readonly record struct TreeEntry(ulong Inode, ulong Device, long Bytes, bool IsDirectory, bool IsShared, bool IsMountRoot);
