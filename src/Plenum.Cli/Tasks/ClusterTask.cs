using System.Text.Json;

namespace Plenum.Cli.Tasks;

/// <summary>A task as the master tells of it, with the machine it is on.</summary>
internal sealed record ClusterTask
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string State { get; init; }

    public required string FrameworkId { get; init; }

    public required string Framework { get; init; }

    /// <summary>Empty for a command task: the agent then names its executor like the task.</summary>
    public required string ExecutorId { get; init; }

    public required string Host { get; init; }

    /// <summary>Null when the agent is gone.</summary>
    public required Uri? Agent { get; init; }

    public required bool? Healthy { get; init; }

    /// <summary>Of the newest status.</summary>
    public required DateTimeOffset? Since { get; init; }

    /// <summary>The container id object of the newest status that names one.</summary>
    public required JsonElement? Container { get; init; }

    /// <summary>The task in the words of the master.</summary>
    public required JsonElement Source { get; init; }

    public bool IsRunning => State is "TASK_RUNNING";

    public bool IsEnded => State is "TASK_FINISHED" or "TASK_FAILED" or "TASK_KILLED" or "TASK_ERROR"
        or "TASK_LOST" or "TASK_DROPPED" or "TASK_GONE" or "TASK_GONE_BY_OPERATOR";
}
