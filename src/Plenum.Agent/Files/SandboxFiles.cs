using Microsoft.Win32.SafeHandles;

namespace Plenum.Agent.Files;

/// <summary>
/// Turns the paths of the files API into files below a sandbox, and never into anything else: links are
/// followed here, one name at a time, and what was opened is looked at once more, since a task may
/// change a link in between.
/// </summary>
internal sealed class SandboxFiles(string workDirectory)
{
    /// <summary>The kernel's own bound on links in one path.</summary>
    private const int MaximumLinks = 40;

    /// <summary>Names between the work directory and a sandbox: slaves/A/frameworks/F/executors/E/runs/C.</summary>
    private const int SandboxDepth = 8;

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(workDirectory));

    /// <summary>Where the work directory really is: an operator may have put it behind a link.</summary>
    private readonly string _realRoot = RealPath(Path.TrimEndingDirectorySeparator(Path.GetFullPath(workDirectory)));

    /// <summary>
    /// The real path, null when there is no such file or it is outside every sandbox.
    /// <paramref name="agent"/> stands for paths that begin with /frameworks.
    /// </summary>
    public string? Resolve(string path, string? agent)
    {
        var names = Names(path, agent);
        if (names is null || names.Count < SandboxDepth || !IsLayout(names))
        {
            return null;
        }

        // The layout down to the executor is the agent's own; "latest" is its own link too.
        var runs = Path.Combine([_root, .. names.Take(SandboxDepth - 1)]);
        var run = names[SandboxDepth - 1];
        var sandbox = Path.Combine(runs, run);
        if (FileStatus.Of(sandbox) is not { } status)
        {
            return null;
        }

        if (!status.IsDirectory)
        {
            if (new FileInfo(sandbox).LinkTarget is not { } target || target.Contains('/', StringComparison.Ordinal) || target is "." or "..")
            {
                return null;
            }

            sandbox = Path.Combine(runs, target);
        }

        return Walk(sandbox, names.Skip(SandboxDepth));
    }

    /// <summary>Opens a resolved file, or nothing when it is no plain file or was swapped for another meanwhile.</summary>
    public SafeFileHandle? Open(string resolved)
    {
        if (!File.Exists(resolved))
        {
            return null;
        }

        var handle = File.OpenHandle(resolved, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var real = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
        if (real == _realRoot + resolved[_root.Length..])
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static string RealPath(string path)
    {
        var real = "";
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new DirectoryInfo($"{real}/{name}");
            real = next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName;
        }

        return real;
    }

    private List<string>? Names(string path, string? agent)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (path.StartsWith(_root + "/", StringComparison.Ordinal))
        {
            names.RemoveRange(0, _root.Split('/', StringSplitOptions.RemoveEmptyEntries).Length);
        }
        else if (names.Count > 0 && names[0] == "frameworks" && agent is not null)
        {
            names.InsertRange(0, ["slaves", agent]);
        }
        else
        {
            return null;
        }

        return names;
    }

    private static bool IsLayout(List<string> names) =>
        names[0] == "slaves" && names[2] == "frameworks" && names[4] == "executors" && names[6] == "runs"
        && !names.Take(SandboxDepth).Any(static name => name is "." or "..");

    private static string? Walk(string sandbox, IEnumerable<string> rest)
    {
        var current = sandbox;
        var pending = new Stack<string>(rest.Reverse());
        var links = 0;
        while (pending.TryPop(out var name))
        {
            if (name == ".")
            {
                continue;
            }

            if (name == "..")
            {
                if (current == sandbox)
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

            // A link out of the sandbox, absolute ones included, leads nowhere.
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
}
