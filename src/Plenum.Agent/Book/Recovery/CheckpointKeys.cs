using Plenum.Protocol.Identity;

namespace Plenum.Agent.Book.Recovery;

/// <summary>
/// Names of checkpoint records. They carry the identities, so that even a record that cannot be read
/// says whose it was. Parts are percent-encoded: "/" separates them and nothing else.
/// </summary>
internal static class CheckpointKeys
{
    public const string Agent = "agent";

    private const string Frameworks = "frameworks";
    private const string Executors = "executors";
    private const string Tasks = "tasks";

    public static string Framework(FrameworkId framework) => $"{Frameworks}/{Encode(framework.Value)}";

    public static string Executor(FrameworkId framework, ExecutorId executor) =>
        $"{Executors}/{Encode(framework.Value)}/{Encode(executor.Value)}";

    public static string Task(FrameworkId framework, TaskId task) =>
        $"{Tasks}/{Encode(framework.Value)}/{Encode(task.Value)}";

    /// <summary>Takes a key apart; <paramref name="id"/> is empty for a framework's. False for what is none of ours.</summary>
    public static bool TryParse(string key, out CheckpointKind kind, out FrameworkId framework, out string id)
    {
        var parts = key.Split('/');
        framework = new FrameworkId(parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        id = parts.Length > 2 ? Uri.UnescapeDataString(parts[2]) : "";
        kind = parts switch
        {
            [Agent] => CheckpointKind.Agent,
            [Frameworks, _] => CheckpointKind.Framework,
            [Executors, _, _] => CheckpointKind.Executor,
            [Tasks, _, _] => CheckpointKind.Task,
            _ => CheckpointKind.None,
        };
        return kind != CheckpointKind.None;
    }

    // The dot would make "." and ".." of an identity a path when a store uses keys as file names.
    private static string Encode(string value) => Uri.EscapeDataString(value) switch
    {
        "." => "%2E",
        ".." => "%2E%2E",
        var encoded => encoded,
    };
}
