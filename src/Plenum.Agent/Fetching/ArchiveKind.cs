namespace Plenum.Agent.Fetching;

/// <summary>How a fetched file is unpacked.</summary>
internal enum ArchiveKind
{
    None,
    Tar,
    Zip,
    Gzip,
}
