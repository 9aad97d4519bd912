using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Simulation.World;

/// <summary>What a framework knows of one of its tasks, on its own disk.</summary>
internal sealed class TaskView(TaskId id, AgentId agent)
{
    public TaskId Id { get; } = id;

    public AgentId Agent { get; } = agent;

    /// <summary>STAGING until something was heard.</summary>
    public TaskState State { get; set; } = TaskState.TaskStaging;

    /// <summary>How far the agent's own updates have come: they must never step back.</summary>
    public int Rank { get; set; }

    public bool IsOver { get; set; }

    /// <summary>The master that said last that it ended, or was about to, for a more important role.</summary>
    public SimMaster? PreemptedBy { get; set; }

    /// <summary>Who told its end because its agent was removed; the agent itself had not come to say it.</summary>
    public SimMaster? EndToldBy { get; set; }

    /// <summary>The leading master said that neither it nor its agent is known.</summary>
    public bool IsNowhere { get; set; }

    /// <summary>Number of its task group; those that are no group's have none.</summary>
    public int? Group { get; init; }

    /// <summary>The offer it was launched on, and the connection that offer came by.</summary>
    public required OfferId Offer { get; init; }

    public required SimConnection Connection { get; init; }
}
