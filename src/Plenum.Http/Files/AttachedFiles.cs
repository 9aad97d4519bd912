using Microsoft.Win32.SafeHandles;

namespace Plenum.Http.Files;

/// <summary>
/// Files and directories of this machine under names of their own, such as <c>/master/log</c>: the longest name that
/// begins a path counts, and what follows it stays below what the name stands for.
/// </summary>
public sealed class AttachedFiles : IFileTree
{
    /// <summary>The supervisor keeps one older log under the log's name with this behind it.</summary>
    private const string OlderLog = ".1";

    private readonly Dictionary<string, string> _attached = new(StringComparer.Ordinal);
    private readonly Lock _guard = new();

    public IEnumerable<KeyValuePair<string, string>> Attached => _attached;

    /// <param name="logFile">The log of this process, where it has one.</param>
    /// <param name="name">What Mesos calls it: <c>/master/log</c> or <c>/slave/log</c>.</param>
    public static AttachedFiles ForLog(string? logFile, string name)
    {
        var files = new AttachedFiles();
        if (logFile is not null)
        {
            // Only the two: whatever else is in their directory is nobody's business.
            files.Attach(name, logFile);
            files.Attach(name + OlderLog, logFile + OlderLog);
        }

        return files;
    }

    public void Attach(string name, string path)
    {
        ArgumentNullException.ThrowIfNull(name);
        _attached[name.TrimEnd('/')] = Path.GetFullPath(path);
    }

    public string? Resolve(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var length = names.Length; length > 0; length--)
        {
            if (_attached.TryGetValue("/" + string.Join('/', names[..length]), out var root))
            {
                // Looked at anew each time: a log may come to be, or be moved, after its name was given.
                return Directory.Exists(root) || (length == names.Length && File.Exists(root))
                    ? ContainedPath.Walk(ContainedPath.Real(root), names[length..])
                    : null;
            }
        }

        return null;
    }

    // What was resolved holds no links any more: what is opened must be that very path.
    public SafeFileHandle? Open(string resolved) => ContainedPath.Open(resolved, resolved);

    public Lock GuardOf(SafeFileHandle file) => _guard;
}
