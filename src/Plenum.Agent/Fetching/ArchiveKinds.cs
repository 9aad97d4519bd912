namespace Plenum.Agent.Fetching;

/// <summary>The suffixes that Mesos' fetcher unpacks, and those of tar with zstd, which is younger than it.</summary>
internal static class ArchiveKinds
{
    private static readonly string[] Tar = [".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".tzst", ".tar.zst"];

    public static ArchiveKind Of(string name) =>
        Tar.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) ? ArchiveKind.Tar
        : name.EndsWith(".zip", StringComparison.Ordinal) ? ArchiveKind.Zip
        : name.EndsWith(".gz", StringComparison.Ordinal) ? ArchiveKind.Gzip
        : ArchiveKind.None;
}
