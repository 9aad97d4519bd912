using Plenum.Protocol.Identity;

namespace Plenum.Agent.Book.Launching;

/// <summary>
/// Sandboxes relative to the work directory. Log viewers and the files API's users know this layout
/// (mesos.md 6.6), "slaves" included.
/// </summary>
internal static class SandboxPath
{
    private const int MaximumIdLength = 255;

    public static string Of(AgentId agent, FrameworkId framework, ExecutorId executor, ContainerId container) =>
        $"slaves/{agent}/frameworks/{framework}/executors/{executor}/runs/{container}";

    public static string Nested(string sandbox, ContainerId container) => $"{sandbox}/containers/{container}";

    /// <summary>Whether an identity can be a directory's name and nothing more.</summary>
    public static bool IsSafe(string id) =>
        id.Length is > 0 and <= MaximumIdLength
        && id is not ("." or "..")
        && !id.Any(static c => c is '/' or '\\' || char.IsControl(c));
}
