using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Book.Providers;

/// <summary>One disk of a storage pool, as the shell makes, finds and removes it.</summary>
/// <param name="Id">Names it on this machine for ever: the operation that made it had no other.</param>
/// <param name="Provider">Whose pool it is; a pool serves one and no other.</param>
/// <param name="Pool">The directory in which the pool lies.</param>
/// <param name="Bytes">Its size, all of it taken from the pool when it is made.</param>
/// <param name="Kind">What it holds.</param>
public sealed record DiskOrder(string Id, string Provider, string Pool, long Bytes, DiskKind Kind)
{
    private const long BytesPerMegabyte = 1024 * 1024;

    /// <summary>Device sizes are whole sectors; file systems want whole pages.</summary>
    private const long Granularity = 4096;

    /// <summary>Where it is mounted when it has a file system.</summary>
    public string MountPoint => Path.Combine(Pool, "mounts", Id);

    /// <summary>Whatever there is under this id, of which only the id is known: for its removal.</summary>
    public static DiskOrder Unknown(string id, string provider, string pool) => new(id, provider, pool, 0, DiskKind.Ext4);

    /// <summary>Null for what is no disk of a pool.</summary>
    public static DiskOrder? Of(Resource disk, string pool) => disk.Disk?.Source switch
    {
        { HasId: true, Type: SourceType.Mount } source => new(source.Id, disk.ProviderId.Value, pool, BytesOf(disk), FileSystemOf(source)),
        { HasId: true, Type: SourceType.Block } source => new(source.Id, disk.ProviderId.Value, pool, BytesOf(disk), DiskKind.Block),
        _ => null,
    };

    private static long BytesOf(Resource disk) =>
        (long)(disk.Scalar.Value * BytesPerMegabyte) / Granularity * Granularity;

    // Its profile may be gone by now; the disk says itself what is on it.
    private static DiskKind FileSystemOf(Resource.Types.DiskInfo.Types.Source source) =>
        source.Metadata?.Labels_.Any(static label => label is { Key: StoragePool.FileSystemLabel, Value: "xfs" }) == true
            ? DiskKind.Xfs
            : DiskKind.Ext4;
}
