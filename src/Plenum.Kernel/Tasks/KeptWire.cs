using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.V1;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Kernel.Tasks;

/// <summary>
/// Tasks as the registry keeps them: what the next master's answers and lists need. Labels, discovery and containers are as
/// large as their framework likes, and an entry that the store does not take stops the master.
/// </summary>
internal static class KeptWire
{
    /// <summary>All lost tasks of an agent: half of what the store takes as one value, and 30,000 tasks of some size.</summary>
    private const int MaxLostBytes = 8 * 1024 * 1024;

    /// <summary>
    /// One end, of which a restart writes thousands at once. Its status may carry labels and a description of the container,
    /// which have no bound of their own; ordinary ones are a hundredth of this.
    /// </summary>
    private const int MaxEndBytes = 64 * 1024;

    /// <summary>With the newest status, which is repeated to who asks.</summary>
    public static RegistryTask End(TaskRecord task)
    {
        var entry = new RegistryTask { Task = Of(task) };
        if (!task.Statuses.IsEmpty)
        {
            var status = task.Statuses[^1].Clone();
            status.ClearMessage();
            entry.Task.Statuses.Add(status);
        }

        if (entry.CalculateSize() <= MaxEndBytes)
        {
            return entry;
        }

        // How it ended is what counts, and that is small.
        entry.Task.Statuses.Clear();
        entry.Task.Resources.Clear();
        entry.Task.Name = string.Empty;
        return entry;
    }

    /// <summary>As many as fit; <paramref name="left"/> do not.</summary>
    public static RegistryLostTasks Lost(List<TaskRecord> tasks, out int left)
    {
        var entry = new RegistryLostTasks();
        var bytes = 0L;
        left = 0;
        foreach (var task in tasks)
        {
            var wire = Of(task);
            var size = wire.CalculateSize();
            if (bytes + size > MaxLostBytes)
            {
                left++;
                continue;
            }

            bytes += size;
            entry.Tasks.Add(wire);
        }

        return entry;
    }

    private static WireTask Of(TaskRecord task)
    {
        var wire = new WireTask
        {
            Name = task.Definition.Name,
            TaskId = task.Definition.TaskId,
            FrameworkId = task.Definition.FrameworkId,
            AgentId = task.Definition.AgentId,
            ExecutorId = task.Definition.ExecutorId,
            State = task.State,
        };
        if (task.StatusUpdateState is { } told)
        {
            wire.StatusUpdateState = told;
        }

        if (task.StatusUpdateUuid is { } uuid)
        {
            wire.StatusUpdateUuid = uuid;
        }

        wire.Resources.AddRange(task.Definition.Resources);
        return wire;
    }
}
