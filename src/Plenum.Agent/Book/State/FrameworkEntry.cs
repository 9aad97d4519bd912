using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

internal sealed class FrameworkEntry(FrameworkId id, FrameworkInfo info)
{
    public FrameworkId Id { get; } = id;

    public FrameworkInfo Info { get; set; } = info;

    /// <summary>False when only the id is known because the record was unreadable: never tell the master the rest.</summary>
    public bool InfoKnown { get; set; } = true;

    /// <summary>The master removed the framework: tasks are shut down and nothing is reported any more.</summary>
    public bool Removed { get; set; }

    public Dictionary<ExecutorId, ExecutorEntry> Executors { get; } = [];

    public Dictionary<TaskId, TaskEntry> Tasks { get; } = [];

    public BoundedHistory<ExecutorSnapshot> Completed { get; init; } = new(BookLimits.CompletedExecutors);

    public bool PartitionAware => Has(FrameworkInfo.Types.Capability.Types.Type.PartitionAware);

    public bool WantsKilling => Has(FrameworkInfo.Types.Capability.Types.Type.TaskKillingState);

    private bool Has(FrameworkInfo.Types.Capability.Types.Type type)
    {
        foreach (var capability in Info.Capabilities)
        {
            if (capability.Type == type)
            {
                return true;
            }
        }

        return false;
    }
}
