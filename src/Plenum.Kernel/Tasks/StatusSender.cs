using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tasks;

/// <summary>Statuses on their way to a framework, in words it knows.</summary>
internal sealed class StatusSender(KernelContext context)
{
    /// <summary>The state as this framework may hear it.</summary>
    public static TaskState Translate(FrameworkEntry framework, TaskState state) =>
        !framework.Capabilities.PartitionAware && TaskStates.NeedsPartitionAwareness(state) ? TaskState.TaskLost

        // It was not told of the kill's beginning: to its knowledge the task runs.
        : !framework.Capabilities.TaskKillingState && state == TaskState.TaskKilling ? TaskState.TaskRunning
        : state;

    /// <summary>Returns the status that was sent, or would have been to a connected framework.</summary>
    public TaskStatus Send(FrameworkEntry framework, MasterUpdate update)
    {
        var status = new TaskStatus
        {
            TaskId = update.Task.ToWire(),
            State = Translate(framework, update.State),
            Source = TaskStatus.Types.Source.Master,
            Reason = update.Reason,
            Message = update.Message,
            Timestamp = WireTime.Seconds(context.Now),
            AgentId = update.Agent?.ToWire(),
            ExecutorId = update.Executor?.ToWire(),
        };
        if (update.UnreachableTime is { } time)
        {
            status.UnreachableTime = WireTime.Of(time);
        }

        Deliver(framework, status);
        return status;
    }

    /// <summary>Passes an agent's update on.</summary>
    public void Forward(FrameworkEntry framework, TaskStatus status)
    {
        var state = Translate(framework, status.State);
        if (state != status.State)
        {
            status = status.Clone();
            status.State = state;
        }

        Deliver(framework, status);
    }

    private void Deliver(FrameworkEntry framework, TaskStatus status) => context.Send(framework, new Event
    {
        Type = Event.Types.Type.Update,
        Update = new Event.Types.Update { Status = status },
    });
}
