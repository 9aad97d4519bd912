using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Kernel.Tasks;

/// <summary>The reader's form of a launched task. Sub-messages are shared with the launch, never copied.</summary>
internal static class TaskWire
{
    public static WireTask Define(TaskInfo task, ExecutorID? executor, FrameworkEntry framework)
    {
        var wire = new WireTask
        {
            Name = task.Name,
            TaskId = task.TaskId,
            FrameworkId = framework.Info.Id,
            AgentId = task.AgentId,
            ExecutorId = executor,
            State = TaskState.TaskStaging,
            Labels = task.Labels,
            Discovery = task.Discovery,
            Container = task.Container,
            HealthCheck = task.HealthCheck,
            KillPolicy = task.KillPolicy,
        };
        var command = task.Command ?? task.Executor?.Command;
        wire.User = command is { HasUser: true } ? command.User : framework.Info.User;
        wire.Resources.AddRange(task.Resources);
        if (task.Limits.Count > 0)
        {
            wire.Limits.Add(task.Limits);
        }

        return wire;
    }

    public static (TaskId Task, ExecutorId? Executor) Ids(WireTask task) =>
        (task.TaskId, task.ExecutorId is { } executor ? (ExecutorId)executor : (ExecutorId?)null);
}
