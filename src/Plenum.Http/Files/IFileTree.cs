using Microsoft.Win32.SafeHandles;
using Plenum.Http.Access;

namespace Plenum.Http.Files;

/// <summary>The files that the files API of one role may show, under the paths its clients know.</summary>
public interface IFileTree
{
    /// <summary>Names that stand for a file or directory of this machine, and which.</summary>
    IEnumerable<KeyValuePair<string, string>> Attached { get; }

    /// <summary>What a caller must be allowed to do who asks for a path, whether or not anything is there.</summary>
    AccessRule RuleOf(string path);

    /// <summary>The real path, null when nothing is there or the path leads out of what may be shown.</summary>
    string? Resolve(string path);

    /// <summary>Of a resolved path; null when it was swapped for one that leads out meanwhile.</summary>
    FileStatus? StatusOf(string resolved);

    /// <summary>Opens a resolved file, or nothing when it is no plain file or was swapped for another meanwhile.</summary>
    SafeFileHandle? Open(string resolved);

    /// <summary>Opens a resolved directory, or nothing when it is none or was swapped for another meanwhile.</summary>
    SafeFileHandle? OpenDirectory(string resolved);

    /// <summary>Held while size and data of one moment are read: whoever cuts the file from its front holds it too.</summary>
    Lock GuardOf(SafeFileHandle file);
}
