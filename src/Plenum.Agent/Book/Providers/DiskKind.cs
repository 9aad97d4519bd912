namespace Plenum.Agent.Book.Providers;

/// <summary>What a profile makes of a piece of a pool.</summary>
public enum DiskKind
{
    /// <summary>A file system of its own, mounted (target MOUNT).</summary>
    Ext4,

    /// <summary>The same with the other file system.</summary>
    Xfs,

    /// <summary>A bare block device (target BLOCK).</summary>
    Block,
}
