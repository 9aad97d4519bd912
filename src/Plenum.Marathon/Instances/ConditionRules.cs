using Plenum.Protocol.V1;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Instances;

internal static class ConditionRules
{
    public static bool IsTerminal(this Condition condition) => condition >= Condition.Finished;

    /// <summary>A task of this instance may exist somewhere, known to the cluster or on its way to it.</summary>
    public static bool HasTask(this Condition condition) =>
        condition is > Condition.Scheduled and < Condition.Finished;

    /// <summary>The agent is lost, and with it the word on whether the task still runs.</summary>
    public static bool IsUnreachable(this Condition condition) =>
        condition is Condition.Unreachable or Condition.UnreachableInactive;

    /// <summary>
    /// Ends that make the next start wait. A finished task counts: a service that exits again and
    /// again must not spin. A killed one does not, since somebody wanted that.
    /// </summary>
    public static bool CountsForBackoff(this Condition condition) =>
        condition is Condition.Dropped or Condition.Error or Condition.Failed or Condition.Gone or Condition.Finished;

    /// <summary>
    /// TASK_LOST is what masters say to frameworks that are not partition aware, and of agents that
    /// unregistered themselves; its reason tells what happened.
    /// </summary>
    public static Condition FromStatus(TaskStatus status) => status.State switch
    {
        TaskState.TaskStaging => Condition.Staging,
        TaskState.TaskStarting => Condition.Starting,
        TaskState.TaskRunning => Condition.Running,
        TaskState.TaskKilling => Condition.Killing,
        TaskState.TaskUnreachable => Condition.Unreachable,
        TaskState.TaskFinished => Condition.Finished,
        TaskState.TaskFailed => Condition.Failed,
        TaskState.TaskKilled => Condition.Killed,
        TaskState.TaskError => Condition.Error,
        TaskState.TaskDropped => Condition.Dropped,
        TaskState.TaskGone or TaskState.TaskGoneByOperator => Condition.Gone,
        TaskState.TaskUnknown => Condition.Unknown,
        TaskState.TaskLost => FromLostReason(status),
        _ => Condition.Unknown,
    };

    /// <summary>The word that clients read in <c>state</c>; conditions without a Mesos twin print as staging.</summary>
    public static TaskState ToTaskState(this Condition condition) => condition switch
    {
        Condition.Scheduled or Condition.Provisioned or Condition.Staging => TaskState.TaskStaging,
        Condition.Starting => TaskState.TaskStarting,
        Condition.Running => TaskState.TaskRunning,
        Condition.Killing => TaskState.TaskKilling,
        Condition.Unreachable or Condition.UnreachableInactive => TaskState.TaskUnreachable,
        Condition.Finished => TaskState.TaskFinished,
        Condition.Failed => TaskState.TaskFailed,
        Condition.Error => TaskState.TaskError,
        Condition.Killed => TaskState.TaskKilled,
        Condition.Gone => TaskState.TaskGone,
        Condition.Dropped => TaskState.TaskDropped,
        _ => TaskState.TaskUnknown,
    };

    private static Condition FromLostReason(TaskStatus status)
    {
        if (!status.HasReason)
        {
            return Condition.Unknown;
        }

        return status.Reason switch
        {
            TaskStatus.Types.Reason.InvalidOffers
                or TaskStatus.Types.Reason.AgentDisconnected
                or TaskStatus.Types.Reason.GcError
                or TaskStatus.Types.Reason.InvalidFrameworkid
                or TaskStatus.Types.Reason.ContainerLaunchFailed => Condition.Dropped,
            TaskStatus.Types.Reason.AgentRemoved when status.UnreachableTime is not null => Condition.Unreachable,
            TaskStatus.Types.Reason.AgentRemoved
                or TaskStatus.Types.Reason.AgentRestarted
                or TaskStatus.Types.Reason.AgentUnknown
                or TaskStatus.Types.Reason.ContainerPreempted => Condition.Gone,
            _ => Condition.Unknown,
        };
    }
}
