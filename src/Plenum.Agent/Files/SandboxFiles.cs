using Microsoft.Win32.SafeHandles;
using Plenum.Http.Files;

namespace Plenum.Agent.Files;

/// <summary>
/// Turns the paths of the files API into files below a sandbox, and never into anything else.
/// </summary>
internal sealed class SandboxFiles(string workDirectory)
{
    /// <summary>Names between the work directory and a sandbox: slaves/A/frameworks/F/executors/E/runs/C.</summary>
    private const int SandboxDepth = 8;

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(workDirectory));

    /// <summary>Where the work directory really is: an operator may have put it behind a link.</summary>
    private readonly string _realRoot = ContainedPath.Real(workDirectory);

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

        return ContainedPath.Walk(sandbox, names.Skip(SandboxDepth));
    }

    public FileStatus? StatusOf(string resolved) => ContainedPath.Status(resolved, Real(resolved));

    public SafeFileHandle? Open(string resolved) => ContainedPath.Open(resolved, Real(resolved));

    public SafeFileHandle? OpenDirectory(string resolved) => ContainedPath.OpenDirectory(resolved, Real(resolved));

    public bool Holds(string resolved) => resolved.StartsWith(_root + "/", StringComparison.Ordinal);

    private string Real(string resolved) => _realRoot + resolved[_root.Length..];

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
}
