using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Launching;

/// <summary>
/// The executor that Mesos would start for a command task. Here the agent does that work itself, but
/// readers of the state APIs look for it under this id and name.
/// </summary>
internal static class CommandExecutorInfo
{
    /// <summary>Mesos shows this much of a command, then "...".</summary>
    private const int ShownCommandLength = 15;

    public static ExecutorInfo For(FrameworkInfo framework, TaskInfo task)
    {
        var command = task.Command?.Value ?? string.Join(' ', task.Command?.Arguments ?? []);
        var shown = command.Length > ShownCommandLength
            ? string.Concat(command.AsSpan(0, ShownCommandLength - 3), "...")
            : command;
        shown = task.Command?.Shell == false ? shown : $"sh -c '{shown}'";
        return new ExecutorInfo
        {
            ExecutorId = new ExecutorID { Value = task.TaskId.Value },
            FrameworkId = framework.Id,
            Name = $"Command Executor (Task: {task.TaskId.Value}) (Command: {shown})",
            Source = task.TaskId.Value,
            Command = task.Command,
            Container = task.Container,
            Labels = task.Labels,
        };
    }
}
