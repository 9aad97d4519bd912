using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Book;
using Plenum.Agent.Containers.Logs;
using Plenum.Http.Access;
using Plenum.Http.Files;

namespace Plenum.Agent.Files;

/// <summary>What the agent shows at one moment: sandboxes, and its own log.</summary>
internal sealed class AgentFiles(SandboxFiles sandboxes, AttachedFiles log, AgentSnapshot snapshot, string workDirectory) : IFileTree
{
    public IEnumerable<KeyValuePair<string, string>> Attached
    {
        get
        {
            foreach (var attached in log.Attached)
            {
                yield return attached;
            }

            foreach (var (framework, executor) in snapshot.Executors)
            {
                yield return new(
                    $"/frameworks/{framework.Id}/executors/{executor.Id}/runs/latest", Path.Combine(workDirectory, executor.Sandbox));
            }
        }
    }

    public AccessRule RuleOf(string path) => log.Names(path) ? log.RuleOf(path) : Rules.ReadSandboxes;

    // The same question as that for the rule: a path never leads to what has the other one.
    public string? Resolve(string path) => log.Names(path) ? log.Resolve(path) : sandboxes.Resolve(path, snapshot.Agent?.Value);

    public FileStatus? StatusOf(string resolved) =>
        sandboxes.Holds(resolved) ? sandboxes.StatusOf(resolved) : log.StatusOf(resolved);

    public SafeFileHandle? Open(string resolved) =>
        sandboxes.Holds(resolved) ? sandboxes.Open(resolved) : log.Open(resolved);

    public SafeFileHandle? OpenDirectory(string resolved) =>
        sandboxes.Holds(resolved) ? sandboxes.OpenDirectory(resolved) : log.OpenDirectory(resolved);

    public Lock GuardOf(SafeFileHandle file) => LogCuts.Of(file);
}
