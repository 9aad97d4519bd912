namespace Plenum.Agent.Volumes;

/// <summary>What is mounted where, as this process sees it.</summary>
internal static class MountTable
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>Fields of a line of the mount table: the fifth is the mount point.</summary>
    private const int MountPointField = 4;

    /// <summary>
    /// Something is mounted at this very directory, by whatever links it is named: the table has every mount under the one
    /// path without links.
    /// </summary>
    public static bool Has(string directory)
    {
        var real = RealPath.OrSame(directory);
        return File.ReadLines(Table)
            .Select(static line => line.Split(' '))
            .Any(fields => fields.Length > MountPointField && Unescape(fields[MountPointField]) == real);
    }

    // The table writes the characters that would break its lines as octal numbers.
    private static string Unescape(string path) => path
        .Replace(@"\040", " ", StringComparison.Ordinal)
        .Replace(@"\011", "\t", StringComparison.Ordinal)
        .Replace(@"\012", "\n", StringComparison.Ordinal)
        .Replace(@"\134", @"\", StringComparison.Ordinal);
}
