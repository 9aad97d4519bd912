using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Plenum.Http.Access;

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
    private int _longest;

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
        _longest = Math.Max(_longest, name.Split('/', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    // All that is attached anywhere are logs of the role.
    public AccessRule RuleOf(string path) => Rules.ReadLogs;

    /// <summary>Whether a path begins with one of the names, even where nothing is behind it now.</summary>
    public bool Names(string path) => TryFind(path, out _, out _);

    public string? Resolve(string path)
    {
        if (!TryFind(path, out var root, out var rest))
        {
            return null;
        }

        // Looked at anew each time: a log may come to be, or be moved, after its name was given. Its directory may be
        // behind a link. It itself may not be one: who may write into the directory could have anything shown.
        var real = $"{ContainedPath.Real(Path.GetDirectoryName(root) ?? "/")}/{Path.GetFileName(root)}";
        return FileStatus.Of(real) is { IsLink: false } status && (status.IsDirectory || rest.Length == 0)
            ? ContainedPath.Walk(real, rest)
            : null;
    }

    // What was resolved holds no links any more: what is opened must be that very path.
    public FileStatus? StatusOf(string resolved) => ContainedPath.Status(resolved, resolved);

    public SafeFileHandle? Open(string resolved) => ContainedPath.Open(resolved, resolved);

    public SafeFileHandle? OpenDirectory(string resolved) => ContainedPath.OpenDirectory(resolved, resolved);

    public Lock GuardOf(SafeFileHandle file) => _guard;

    private bool TryFind(string path, [NotNullWhen(true)] out string? root, out string[] rest)
    {
        ArgumentNullException.ThrowIfNull(path);
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);

        // No longer than any name is: a path comes from anybody and may have a million parts.
        for (var length = Math.Min(names.Length, _longest); length > 0; length--)
        {
            if (_attached.TryGetValue("/" + string.Join('/', names[..length]), out root))
            {
                rest = names[length..];
                return true;
            }
        }

        (root, rest) = (null, []);
        return false;
    }
}
