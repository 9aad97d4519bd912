using System.IO.Enumeration;
using Plenum.Http.Files;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// All that is below a directory. .NET's own recursion goes through links to directories, and so out of a sandbox or a
/// layer in which an archive has left one.
/// </summary>
internal static class RealTree
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        ReturnSpecialDirectories = false,
    };

    public static IEnumerable<string> Below(string directory) =>
        new FileSystemEnumerable<string>(directory, static (ref entry) => entry.ToFullPath(), Everything)
        {
            ShouldRecursePredicate = static (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    /// <summary>A directory itself, not a link to one.</summary>
    public static bool IsDirectory(string path) => FileStatus.Of(path) is { IsDirectory: true };
}
