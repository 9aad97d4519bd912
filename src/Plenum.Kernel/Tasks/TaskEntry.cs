using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tasks;

/// <summary>One task that is not over, or whose end is not acknowledged yet.</summary>
internal sealed class TaskEntry(TaskRecord record, string role, FrameworkEntry framework, AgentEntry agent)
{
    public TaskRecord Record { get; set; } = record;

    /// <summary>Role that pays for it.</summary>
    public string Role { get; } = role;

    public FrameworkEntry Framework { get; } = framework;

    public AgentEntry Agent { get; } = agent;

    /// <summary>Null for a command task, and for one whose executor is already off the book.</summary>
    public ExecutorEntry? Executor { get; set; }

    public TaskId Id => Record.Id;

    /// <summary>Its resources are booked; ends with its newest state, before the framework knows.</summary>
    public bool HoldsResources { get; set; }

    /// <summary>The framework wants it killed; said again when the agent comes back.</summary>
    public bool KillRequested { get; set; }

    /// <summary>The agent listed it in a report: its launch is not on its way any more, whatever was last heard of it.</summary>
    public bool HasArrived { get; set; }

    /// <summary>It is to end because its agent drains.</summary>
    public bool KilledByDrain { get; set; }

    /// <summary>Its framework asked for its end, with a grace of its own, also when the drain did before.</summary>
    public bool KillAsked { get; set; }

    /// <summary>It is to end because a more important role needs its room: who, and how much.</summary>
    public string? PreemptedFor { get; set; }

    /// <summary>The wish it ends for; null when that is a guarantee.</summary>
    public ResourceWish? EndsForWish { get; set; }

    /// <summary>
    /// The end that the master itself told while the agent was away: that agent, back, begins where it was and says what came
    /// before, and its framework must hear nothing but this end again.
    /// </summary>
    public TaskState? EndTold { get; init; }

    /// <summary>When it came into the book of this master.</summary>
    public double Booked { get; init; }

    public KillPolicy? KillPolicy { get; set; }

    /// <summary>Its end was told; whether it is acknowledged is looked at in a while.</summary>
    public bool EndAwaited { get; set; }

    /// <summary>Its end is in the registry.</summary>
    public bool EndKept { get; set; }

    public int Slot { get; set; }

    public int AgentIndex { get; set; }

    /// <summary>
    /// The state that ends it for its framework. Who did not ask for the end of a task may take TASK_KILLED for
    /// the answer to a call of its own and not start it again; what Mesos says of preempted tasks is TASK_GONE.
    /// </summary>
    public TaskState AsEnded(TaskState state) => PreemptedFor is not null ? AsPreempted(state) : state;

    public static TaskState AsPreempted(TaskState state) => state == TaskState.TaskKilled ? TaskState.TaskGone : state;
}
