namespace Plenum.Agent.Volumes;

/// <summary>What is mounted where, as this process sees it.</summary>
internal static class MountTable
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>Fields of a line of the mount table: the fifth is the mount point.</summary>
    private const int MountPointField = 4;

    /// <summary>From the seventh on, up to a single dash, is how the mount is tied to others.</summary>
    private const int OptionalFields = 6;

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

    /// <summary>What is mounted below this directory reaches other mount namespaces, and from them here.</summary>
    public static bool IsShared(string directory)
    {
        var real = RealPath.OrSame(directory);
        var shared = false;
        var longest = 0;
        foreach (var fields in File.ReadLines(Table).Select(static line => line.Split(' ')).Where(static fields => fields.Length > OptionalFields))
        {
            var place = Unescape(fields[MountPointField]);
            // Of two at one place the later covers the earlier.
            if (place.Length >= longest && (place == real || place == "/" || real.StartsWith(place + "/", StringComparison.Ordinal)))
            {
                longest = place.Length;
                shared = fields.Skip(OptionalFields).TakeWhile(static field => field != "-").Any(static field => field.StartsWith("shared:", StringComparison.Ordinal));
            }
        }

        return shared;
    }

    // The table writes the characters that would break its lines as octal numbers.
    private static string Unescape(string path) => path
        .Replace(@"\040", " ", StringComparison.Ordinal)
        .Replace(@"\011", "\t", StringComparison.Ordinal)
        .Replace(@"\012", "\n", StringComparison.Ordinal)
        .Replace(@"\134", @"\", StringComparison.Ordinal);
}
