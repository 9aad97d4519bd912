namespace Plenum.Marathon.Definitions;

internal enum CsiAccessMode
{
    SingleNodeWriter,
    SingleNodeReaderOnly,
    MultiNodeReaderOnly,
    MultiNodeSingleWriter,
    MultiNodeMultiWriter,
}

internal enum CsiAccessType
{
    Block,
    Mount,
}

internal sealed record CsiCapability(CsiAccessMode AccessMode, CsiAccessType AccessType)
{
    public string? FileSystemType { get; init; }

    public ValueList<string> MountFlags { get; init; } = [];
}
