using Microsoft.Win32.SafeHandles;

namespace Plenum.Http.Files;

/// <summary>
/// Paths that stay below a directory: links are followed here, one name at a time, and what was opened is looked at
/// once more, since somebody may change a link in between.
/// </summary>
public static class ContainedPath
{
    /// <summary>The kernel's own bound on links in one path.</summary>
    private const int MaximumLinks = 40;

    /// <summary>Null when nothing is there, or a name or link leads out of the root.</summary>
    public static string? Walk(string root, IEnumerable<string> names)
    {
        var current = root;
        var pending = new Stack<string>(names.Reverse());
        var links = 0;
        while (pending.TryPop(out var name))
        {
            if (name == ".")
            {
                continue;
            }

            if (name == "..")
            {
                if (current == root)
                {
                    return null;
                }

                current = Path.GetDirectoryName(current)!;
                continue;
            }

            var next = Path.Combine(current, name);
            if (FileStatus.Of(next) is null)
            {
                return null;
            }

            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            // A link out of the root, absolute ones included, leads nowhere.
            if (++links > MaximumLinks || Path.IsPathRooted(target))
            {
                return null;
            }

            foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                pending.Push(part);
            }
        }

        return current;
    }

    /// <summary>Opens a plain file that is really at <paramref name="real"/>; null when it is not.</summary>
    public static SafeFileHandle? Open(string path, string real)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget == real)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Where a path really is: an operator may have put a directory behind a link.</summary>
    public static string Real(string path)
    {
        var real = "";
        foreach (var name in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new DirectoryInfo($"{real}/{name}");
            real = next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName;
        }

        return real;
    }
}
