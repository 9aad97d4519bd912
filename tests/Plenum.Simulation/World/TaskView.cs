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
}
